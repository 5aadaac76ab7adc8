"""`grader.homework.assignment`: reading a homework's file, finding its folders, and telling its author what is wrong where."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.errors import AssignmentError, UsageError
from grader.homework.assignment import (
    find_assignment_here,
    find_course,
    is_student_folder,
    list_assignments,
    load_assignment,
)
from grader.homework.assignment_file import line_of

TOML = "assignments/toy/assignment.toml"


def edit(course: Path, old: str, new: str) -> None:
    """Replace a piece of the toy homework's file, which has to be there exactly once."""
    path = course / TOML
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
    path.write_text(text.replace(old, new))


def complaint(course: Path) -> str:
    """What loading the toy homework says is wrong."""
    with pytest.raises(AssignmentError) as caught:
        load_assignment("toy", course)
    return str(caught.value)


# --- what is right ----------------------------------------------------------------------------------------------------------------


def test_everything_that_the_file_says_is_read(toy_course: Path) -> None:
    """Title, files, limits with their defaults, and questions arrive as they stand in the file."""
    toy = load_assignment("toy", toy_course)
    assert (toy.name, toy.title, toy.files, toy.notebook) == ("toy", "Shapes and sums", ("shapes.py", "sums.py"), "toy.ipynb")
    assert (toy.limits.seconds, toy.limits.import_seconds, toy.limits.memory_mb, toy.limits.processes) == (2.5, 30.0, 2048, 32)
    assert [(question.id, question.points, question.depends) for question in toy.questions] == [("Q1", 4, ()), ("Q2", 6, ("Q1",))]
    assert toy.names == ("area", "Square", "running_total")
    assert (toy.folder, toy.reference) == (toy_course / "assignments/toy", toy_course / "reference/toy")
    assert (toy.public_checks, toy.hidden_checks) == (toy.folder / "test_public.py", toy_course / "reference/toy/test_hidden.py")


def test_points_that_are_not_graded_are_told_apart(toy_course: Path) -> None:
    """`max_score` counts every question, `graded_points` only those that are graded."""
    edit(toy_course, 'depends = ["Q1"]', 'graded = false\nnote = "by hand, in the exercise class"')
    toy = load_assignment("toy", toy_course)
    assert (toy.max_score, toy.graded_points) == (10, 4)


def test_an_assignment_is_found_by_name_from_anywhere_below_the_course(toy_course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder deep inside the course, the bare name is enough."""
    monkeypatch.chdir(toy_course / "reference" / "toy" / "mistakes")
    assert load_assignment("toy").folder == toy_course / "assignments/toy"
    assert find_course(Path.cwd()) == toy_course
    assert list_assignments(toy_course) == ("toy",)


@pytest.mark.parametrize("path", ["assignments/toy", "reference/toy", "assignments/toy/"])
def test_an_assignment_is_found_by_either_of_its_folders(toy_course: Path, path: str) -> None:
    """The handout's folder and the reference's both lead to the whole assignment."""
    toy = load_assignment(str(toy_course / path))
    assert (toy.folder, toy.reference) == (toy_course / "assignments/toy", toy_course / "reference/toy")


def test_without_reference_there_are_no_hidden_checks(toy_course: Path) -> None:
    """A course in which the reference is missing still gives the assignment, with None for what is not there."""
    shutil.rmtree(toy_course / "reference" / "toy")
    toy = load_assignment("toy", toy_course)
    assert (toy.reference, toy.hidden_checks, toy.standalone) == (None, None, False)


def test_a_bundle_stands_alone(toy_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A student's folder may be called anything, and has no reference even if one lies near."""
    bundle = tmp_path / "homework of Kim"
    shutil.copytree(toy_course / "assignments" / "toy", bundle)
    here = find_assignment_here(bundle)
    assert (here.name, here.folder, here.reference, here.standalone) == ("toy", bundle, None, True)
    monkeypatch.chdir(bundle)
    assert load_assignment(".") == here
    assert is_student_folder(bundle)
    assert not is_student_folder(tmp_path)


# --- the digest -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edited",
    [
        "assignments/toy/assignment.toml",
        "assignments/toy/test_public.py",
        "assignments/toy/shapes.py",
        "reference/toy/test_hidden.py",
        "reference/toy/sums.py",
        "reference/toy/mistakes/area_adds.py",
    ],
)
def test_the_digest_changes_with_every_file_that_grading_depends_on(toy_course: Path, edited: str) -> None:
    """One more comment line is another digest."""
    toy = load_assignment("toy", toy_course)
    before = toy.digest
    assert before == toy.digest
    with (toy_course / edited).open("a") as stream:
        stream.write("# edited\n")
    assert toy.digest != before


def test_the_digest_changes_when_a_mistake_is_added_renamed_or_moved(toy_course: Path) -> None:
    """Names count as much as contents."""
    toy = load_assignment("toy", toy_course)
    mistake = toy_course / "reference/toy/mistakes/area_adds.py"
    digests = [toy.digest]
    mistake.rename(mistake.with_name("sum_of_sides.py"))
    digests.append(toy.digest)
    mistake.with_name("sum_of_sides.py").rename(toy_course / "reference/toy/sum_of_sides.py")
    digests.append(toy.digest)
    assert len(set(digests)) == 3


def test_the_digest_leaves_alone_what_no_grade_depends_on(toy_course: Path) -> None:
    """Handouts, the notebook of stubs, caches and editors' files do not make a class be graded again."""
    toy = load_assignment("toy", toy_course)
    before = toy.digest
    (toy.folder / "README.md").write_text("# Shapes, sums and thanks\n")
    (toy.folder / "toy.ipynb").write_text("{}")
    (toy.folder / "__pycache__").mkdir()
    (toy.folder / "__pycache__" / "shapes.cpython-311.pyc").write_bytes(b"\0")
    (toy.folder / ".shapes.py.swp").write_bytes(b"\0")
    assert toy.digest == before


def test_the_digest_is_the_same_wherever_the_course_lies(toy_course: Path, tmp_path: Path) -> None:
    """A copy whose files were made in the opposite order has the same digest."""
    original = load_assignment("toy", toy_course)
    for path in sorted(toy_course.rglob("*"), reverse=True):
        if path.is_file():
            copy = tmp_path / "elsewhere" / path.relative_to(toy_course)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert load_assignment("toy", tmp_path / "elsewhere").digest == original.digest


def test_the_digest_of_a_bundle_leaves_the_students_own_files_alone(toy_course: Path) -> None:
    """In a student's folder only what was handed out for grading counts."""
    bundle = find_assignment_here(toy_course / "assignments" / "toy")
    before = bundle.digest
    (bundle.folder / "shapes.py").write_text("def area(width, height): return width * height\n")
    (bundle.folder / "notes.txt").write_text("to do\n")
    assert bundle.digest == before
    (bundle.folder / "test_public.py").write_text("")
    assert bundle.digest != before


# --- what is wrong: types, missing and unknown fields -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("points = 4", 'points = "five"', 'line 14: questions[0].points: expected a number above 0, found "five".'),
        ("points = 6", "points = true", "line 21: questions[1].points: expected a number above 0, found true."),
        ("points = 6\n", "", "line 18: questions[1].points: expected a number above 0, found nothing."),
        ("seconds = 2.5", "seconds = [1]", "line 9: limits.seconds: expected a number above 0, found [1]."),
        ("seconds = 2.5", "memory_mb = 0.5", "line 9: limits.memory_mb: expected a whole number above 0, found 0.5."),
        ("schema = 1", 'schema = "1"', 'line 1: schema: expected the whole number 1, found "1".'),
        ('title = "Shapes and sums"\n', "", "line 1: title: expected a text that is not empty, found nothing."),
        ('title = "A running total"', "title = 3", "line 20: questions[1].title: expected a text that is not empty, found 3."),
        (
            'names = ["area", "Square"]',
            'names = "area"',
            'line 16: questions[0].names: expected a list of Python names, found "area".',
        ),
        ('names = ["area", "Square"]', 'names = ["area", 7]', "line 16: questions[0].names[1]: expected a text, found 7."),
        (
            'files = ["shapes.py", "sums.py"]',
            'files = [\n  "shapes.py",\n  1,\n]',
            "line 4: files[1]: expected a text, found 1.",
        ),
        (
            'depends = ["Q1"]',
            'graded = "no"',
            'line 24: questions[1].graded: expected true or false, found "no".',
        ),
        (
            "points = 6",
            "pionts = 6",
            "line 21: questions[1].pionts: expected one of the fields id, title, points, file, names, depends, graded, note, "
            'found "pionts" (did you mean points?).',
        ),
        (
            "seconds = 2.5",
            "cores = 2",
            'line 9: limits.cores: expected one of the fields seconds, import_seconds, memory_mb, processes, found "cores".',
        ),
        (
            'notebook = "toy.ipynb"',
            'notebok = "toy.ipynb"',
            "line 5: notebok: expected one of the fields schema, name, title, files, notebook, extras, preload, points, limits, questions, "
            'training, flow, found "notebok" (did you mean notebook?).',
        ),
    ],
)
def test_a_field_of_the_wrong_kind_is_told_with_line_and_field(toy_course: Path, old: str, new: str, sentence: str) -> None:
    """The sentence names file, line and field, what was expected and what was found."""
    edit(toy_course, old, new)
    assert complaint(toy_course) == f"{TOML}, {sentence}"


def test_questions_that_are_no_list_are_told(toy_course: Path) -> None:
    """`[questions]` in place of `[[questions]]` is told as what it is, and so is a file without any."""
    (toy_course / TOML).write_text('schema = 1\nname = "toy"\ntitle = "t"\nfiles = ["sums.py"]\n[questions]\nid = "Q1"\n')
    found = '{"id": "Q1"}'
    assert complaint(toy_course) == f"{TOML}, line 5: questions: expected tables [[questions]], at least one, found {found}."
    (toy_course / TOML).write_text('schema = 1\nname = "toy"\ntitle = "t"\nfiles = ["sums.py"]\nquestions = []\n')
    assert complaint(toy_course) == f"{TOML}, line 5: questions: expected tables [[questions]], at least one, found none."
    (toy_course / TOML).write_text('schema = 1\nname = "toy"\ntitle = "t"\nfiles = ["sums.py"]\nquestions = ["Q1"]\n')
    assert complaint(toy_course) == f'{TOML}, line 5: questions[0]: expected a table, found "Q1".'


# --- what is wrong: syntax --------------------------------------------------------------------------------------------------------


def test_a_syntax_error_is_told_with_its_line_and_field(toy_course: Path) -> None:
    """The parser's own reason comes along."""
    edit(toy_course, "points = 6", "points = ")
    assert complaint(toy_course) == f'{TOML}, line 21: points: expected TOML, found "points =" (Invalid value).'


def test_a_list_that_never_ends_is_told_at_the_end(toy_course: Path) -> None:
    """Where the parser only knows that the document ended too early, the last line is named."""
    edit(toy_course, 'depends = ["Q1"]', 'depends = ["Q1"')
    assert complaint(toy_course) == (f'{TOML}, line 24: depends: expected TOML, found "depends = [\\"Q1\\"" (Unclosed array).')


def test_a_field_that_stands_twice_is_told(toy_course: Path) -> None:
    """TOML itself forbids it."""
    edit(toy_course, "points = 6", "points = 6\npoints = 7")
    assert complaint(toy_course) == f'{TOML}, line 22: points: expected TOML, found "points = 7" (Cannot overwrite a value).'


def test_bytes_that_are_no_utf_8_are_told_with_their_line(toy_course: Path) -> None:
    """A file saved by an editor in cp949 is refused at the first such byte."""
    path = toy_course / TOML
    path.write_bytes(path.read_bytes().replace(b"A running total", "누적 합".encode("cp949")))
    assert complaint(toy_course) == f"{TOML}, line 20: expected text in UTF-8, found the byte 0xb4."


def test_values_nested_without_end_are_refused(toy_course: Path) -> None:
    """A file that would exhaust the parser's stack is an author's mistake like any other."""
    (toy_course / TOML).write_text("x = " + "[" * 5_000 + "]" * 5_000)
    assert complaint(toy_course) == f"{TOML}, line 1: expected TOML, found values nested too deeply to read."


def test_windows_line_ends_count_as_lines(toy_course: Path) -> None:
    """The line numbers of a file saved on Windows are the same."""
    edit(toy_course, "points = 4", 'points = "five"')
    path = toy_course / TOML
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert complaint(toy_course) == f'{TOML}, line 14: questions[0].points: expected a number above 0, found "five".'


# --- what is wrong: values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("schema = 1", "schema = 2", "line 1: schema: expected the whole number 1, found 2: a newer grader is needed."),
        ('name = "toy"', 'name = "top"', 'line 2: name: expected the name of its folder, "toy", found "top".'),
        ('title = "Shapes and sums"', 'title = " "', 'line 3: title: expected a text that is not empty, found " ".'),
        ("points = 10", "points = 100", "line 6: points: expected 10, which is what the questions sum to, found 100.0."),
        ("points = 4", "points = 0", "line 14: questions[0].points: expected a number above 0, found 0.0."),
        ("points = 4", "points = nan", "line 14: questions[0].points: expected a number above 0, found nan."),
        ("points = 4", "points = inf", "line 14: questions[0].points: expected a number above 0, found inf."),
        ("seconds = 2.5", "seconds = -1", "line 9: limits.seconds: expected a number above 0, found -1.0."),
        ("seconds = 2.5", "processes = 0", "line 9: limits.processes: expected a whole number above 0, found 0."),
        ('id = "Q2"', 'id = "Q1"', 'line 19: questions[1].id: expected an id that no other question has, found "Q1".'),
        ('id = "Q2"', 'id = "Q 2"', 'line 19: questions[1].id: expected a text such as "Q1", found "Q 2".'),
        ('file = "sums.py"', 'file = "sum.py"', 'line 22: questions[1].file: expected one of shapes.py, sums.py, found "sum.py".'),
        (
            '["running_total"]',
            '["running total"]',
            'line 23: questions[1].names[0]: expected a Python name, found "running total".',
        ),
        ('["running_total"]', '["class"]', 'line 23: questions[1].names[0]: expected a Python name, found "class".'),
        ('depends = ["Q1"]', 'depends = ["Q3"]', 'line 24: questions[1].depends[0]: expected one of Q1, found "Q3".'),
        ('depends = ["Q1"]', 'depends = ["Q2"]', 'line 24: questions[1].depends[0]: expected one of Q1, found "Q2".'),
        (
            'names = ["area", "Square"]',
            'names = ["area", "Square"]\ndepends = ["Q2"]',
            "line 17: questions[0].depends: expected no circle, found Q1 -> Q2 -> Q1.",
        ),
        (
            'depends = ["Q1"]',
            "graded = false",
            'line 18: questions[1].note: expected a text that says why the question is not graded, and where it is, found "".',
        ),
        (
            '"sums.py"]',
            '"../sums.py"]',
            'line 4: files[1]: expected the name of a Python file such as "losses.py", found "../sums.py".',
        ),
        ('"sums.py"]', '"shapes.py"]', 'line 4: files[1]: expected each file once, found "shapes.py" again.'),
        (
            '"sums.py"]',
            '"sums.py", "lost.py"]',
            'line 4: files[2]: expected a file of reference/toy, found "lost.py", which is not there.',
        ),
        (
            'notebook = "toy.ipynb"',
            'preload = ["torchvision", "os; evil"]',
            'line 5: preload[1]: expected the name of a module such as "torchvision.models", found "os; evil".',
        ),
        (
            '"toy.ipynb"',
            '"a/toy.ipynb"',
            'line 5: notebook: expected the name of a notebook such as "losses.ipynb", found "a/toy.ipynb".',
        ),
    ],
)
def test_a_value_that_makes_no_sense_is_told_with_line_and_field(toy_course: Path, old: str, new: str, sentence: str) -> None:
    """Right types are not enough: each value is checked against the others."""
    edit(toy_course, old, new)
    assert complaint(toy_course) == f"{TOML}, {sentence}"


def test_in_a_bundle_the_sentence_names_the_file_alone(toy_course: Path) -> None:
    """A student's folder lies in no course, and the message does not pretend that it does."""
    edit(toy_course, "points = 4", 'points = "five"')
    with pytest.raises(AssignmentError) as caught:
        find_assignment_here(toy_course / "assignments" / "toy")
    assert str(caught.value) == 'assignment.toml, line 14: questions[0].points: expected a number above 0, found "five".'


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_told(toy_course: Path) -> None:
    """The system's own reason is in the sentence."""
    (toy_course / TOML).chmod(0)
    assert complaint(toy_course) == f"{TOML} cannot be read (Permission denied): check that the file is there and readable."


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\n\n# note\nb = 2\n", ("b",), 4),
        ("a.b.c = 1\na.b.d = 2\n", ("a", "b", "d"), 2),
        ("a = {b = 1,\n c = 2}\n" if sys.version_info >= (3, 15) else "a = {b = 1, c = 2}\n", ("a", "c"), 1),
        ("a = [\n  1,\n  2,\n]\nb = 3\n", ("a", 1), 1),
        ("a = [\n  1,\n  2,\n]\nb = 3\n", ("b",), 5),
        ('a = """\nb = 1\n"""\nb = 2\n', ("b",), 4),
        ("[[q]]\nid = 1\n\n[[q]]\n\nid = 2\n", ("q", 1, "id"), 6),
        ("[[q]]\nid = 1\n\n[[q]]\n\nid = 2\n", ("q", 1, "points"), 4),
        ("[[q]]\n[q.limits]\nx = 1\n[[q]]\n[q.limits]\nx = 2\n", ("q", 1, "limits", "x"), 6),
        ("'a b' = 1\n\"c\\u0041\" = 2\n", ("cA",), 2),
        ("a = 1\n", ("nothing", "here"), 1),
        ("", ("a",), 1),
    ],
)
def test_a_line_is_found_however_the_value_is_written(text: str, path: tuple[str | int, ...], line: int) -> None:
    """Dotted keys, inline tables, tables in lists, texts over several lines: all of TOML."""
    assert line_of(text, path) == line


@given(blank=st.lists(st.sampled_from(["", "# note", "   "]), max_size=6), at=st.integers(0, 24))
@example(blank=["# points = 6"], at=0)
def test_the_line_moves_with_the_lines_before_it(blank: list[str], at: int) -> None:
    """Blank lines and comments anywhere shift the line by just as many as stand before it."""
    lines = [f"key{number} = {number}" for number in range(25)]
    text = "\n".join([*lines[:at], *blank, *lines[at:]]) + "\n"
    assert line_of(text, ("key24",)) == 25 + len(blank)
    assert line_of(text, ("key0",)) == (1 + len(blank) if at == 0 else 1)


# --- what is not there ------------------------------------------------------------------------------------------------------------


def test_an_unknown_assignment_is_told_with_those_that_there_are(toy_course: Path) -> None:
    """The nearest name is offered."""
    shutil.copytree(toy_course / "assignments/toy", toy_course / "assignments/losses")
    with pytest.raises(UsageError) as caught:
        load_assignment("tooy", toy_course)
    assert str(caught.value) == f"{toy_course}/assignments has no assignment tooy: expected one of losses, toy. Did you mean toy?"
    with pytest.raises(UsageError) as caught:
        load_assignment("loss", toy_course)
    assert str(caught.value).endswith("has no assignment loss: expected one of losses, toy. Did you mean losses?")
    with pytest.raises(UsageError) as caught:
        load_assignment("quaternions", toy_course)
    assert str(caught.value).endswith("has no assignment quaternions: expected one of losses, toy.")


def test_an_empty_course_says_so(toy_course: Path) -> None:
    """Where no assignment exists, none is listed."""
    shutil.rmtree(toy_course / "assignments/toy")
    with pytest.raises(UsageError, match=r"has no assignment toy: there is none yet\.$"):
        load_assignment("toy", toy_course)


def test_outside_of_a_course_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two folders that make a course are named, and the option that leads to one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load_assignment("toy")
    assert str(caught.value) == (
        f"{tmp_path} lies in no course: expected a folder with assignments/ and reference/ here or above; "
        "go to the course's folder or name it with --course."
    )


def test_a_course_without_assignments_is_no_course(tmp_path: Path) -> None:
    """What `--course` names is checked."""
    with pytest.raises(UsageError) as caught:
        load_assignment("toy", tmp_path)
    assert str(caught.value) == f"{tmp_path} is no course: expected a folder assignments/ in it, found none."


def test_a_folder_that_holds_no_assignment_is_told(tmp_path: Path) -> None:
    """A path that leads nowhere, and a folder in which `grader check` cannot work."""
    with pytest.raises(UsageError) as caught:
        load_assignment(tmp_path / "missing")
    assert str(caught.value) == (
        f"{tmp_path}/missing: expected an assignment's name, or a folder that holds assignment.toml, found neither."
    )
    with pytest.raises(UsageError) as caught:
        find_assignment_here(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds no assignment.toml: go to the folder of the homework as you received it, or name that folder."
    )


def test_an_unknown_question_is_told_with_those_that_there_are(toy_course: Path) -> None:
    """`-q` with a name that is none lists the ids."""
    toy = load_assignment("toy", toy_course)
    assert toy.question("Q2").title == "A running total"
    with pytest.raises(UsageError) as caught:
        toy.question("Q3")
    assert str(caught.value) == "toy has no question Q3: expected one of Q1, Q2."


def test_reading_assignments_and_submissions_does_not_load_torch() -> None:
    """The command line starts at once: torch takes longer to load than most commands to run."""
    modules = "grader.homework.assignment, grader.homework.mistakes, grader.intake.submission, grader.classroom.gradebook"
    heavy = "{'torch', 'numpy', 'nbformat', 'pytest'}"
    program = f"import sys, {modules}; print(sorted({heavy} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
