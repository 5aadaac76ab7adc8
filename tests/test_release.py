"""`grader release`: the student's bundle, and nothing of the reference in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.authors.release import bundle_of, release
from grader.authors.stubs import write_student_files
from grader.errors import AssignmentError, GraderError, UsageError
from grader.homework.assignment import Assignment, list_assignments, load_assignment

ROOT = Path(__file__).parent.parent
FILES = ["README.md", "assignment.toml", "shapes.py", "sums.py", "test_public.py", "toy.ipynb"]
GIVEN = "assignments/toy"
RUNNING = "return [sum(values[: i + 1]) for i in range(len(values))]"
HELPER = "table_of_secrets = {name: index for index, name in enumerate('abc')}"


def toy(course: Path) -> Assignment:
    """The toy homework, its student's files made."""
    assignment = load_assignment("toy", course)
    write_student_files(assignment)
    return assignment


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def add_cell(path: Path, cell: dict[str, object]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].append({"metadata": {}, "id": "pasted", **cell})
    path.write_text(json.dumps(notebook), encoding="utf-8")


def refusal(course: Path, assignment: Assignment) -> str:
    """The sentence with which the release fails; nothing at all may have been written."""
    out = course / "out"
    with pytest.raises(AssignmentError) as caught:
        release(assignment, out, as_zip=True)
    assert not out.exists()
    return str(caught.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bundle_is_what_is_given_and_nothing_else(toy_course: Path) -> None:
    """Handout, assignment.toml, stubs, notebook, public checks, given files; nothing hidden, nothing left behind."""
    assignment = toy(toy_course)
    given = toy_course / GIVEN
    wanted = contents(given)
    (given / "data").mkdir()
    (given / "data/cut.bin").write_bytes(b"\xff\x00numbers")
    (given / "README.ko.md").write_text("# 도형과 합\n", encoding="utf-8")
    for leftover in (".ipynb_checkpoints/toy.ipynb", "__pycache__/shapes.cpython-311.pyc", ".notes", "README.md~"):
        (given / leftover).parent.mkdir(exist_ok=True)
        (given / leftover).write_bytes(b"left")
    written = release(assignment, toy_course / "out")
    found = contents(toy_course / "out")
    wanted |= {"data/cut.bin": b"\xff\x00numbers", "README.ko.md": "# 도형과 합\n".encode()}
    assert found == {f"toy/{name}": data for name, data in wanted.items()}
    assert [path.relative_to(toy_course / "out/toy").as_posix() for path in written] == sorted(wanted)


def test_the_bundle_and_its_zip_are_the_same_bytes_each_time(toy_course: Path) -> None:
    """Neither the clock nor the order of the file system shows."""
    assignment = toy(toy_course)
    release(assignment, toy_course / "one", as_zip=True)
    for path in sorted((toy_course / GIVEN).iterdir(), reverse=True):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    release(assignment, toy_course / "two", as_zip=True)
    assert contents(toy_course / "one") == contents(toy_course / "two")
    with zipfile.ZipFile(toy_course / "one/toy.zip") as archive:
        assert archive.namelist() == [f"toy/{name}" for name in FILES]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("toy/sums.py") == (toy_course / GIVEN / "sums.py").read_bytes()


# --- what must not be handed out ---------------------------------------------------------------------------------------------------


LINE = "totals.append(value + (totals[-1] if totals else 0))"
DIAGNOSIS = "the diagnosis of a mistake (reference/toy/mistakes/area_adds.py)"
SOLUTION = "a line of the solution (reference/toy/sums.py, line 9)"
LEAKS = [
    ("README.md", "\n`totals.append(value + (totals[-1] if totals else 0))`\n", SOLUTION),
    ("README.md", "\n> totals.append(value +\n> (totals[-1] if totals else 0))\n", SOLUTION),
    ("test_public.py", "\n# totals.append(value  +  (totals[-1] if totals else 0))\n", SOLUTION),
    ("assignment.toml", "\n# totals.append(value + (totals[-1] if totals else 0))\n", SOLUTION),
    ("hints.txt", "\ntotals.append(value + (totals[-1] if totals else 0))\n", SOLUTION),
    ("README.md", "\n    return width * height\n", "a line of the solution (reference/toy/shapes.py, line 7)"),
    ("README.md", "\nSee test_area_of_a_square.\n", "the name of the hidden check test_area_of_a_square"),
    ("test_public.py", "\n# as in test_area_of_a_square\n", "the name of the hidden check test_area_of_a_square"),
    ("README.md", "\n    return square(side).area()\n", "a line of the hidden checks (reference/toy/test_hidden.py, line 10)"),
    ("README.md", "\nYou add width and height:\nan area is their product.\n", DIAGNOSIS),
    ("test_public.py", '\nHINT = "You add width and height: an area is their product."\n', DIAGNOSIS),
    ("README.md", "\ndef area(width, height):\n    return width + height\n", "a mistake (reference/toy/mistakes/area_adds.py, line 7)"),
    ("README.md", "\nNot return width + height\n", "a line of a mistake (reference/toy/mistakes/area_adds.py, line 8)"),
    ("README.md", "\nCompare with ../reference/toy/sums.py\n", "a path into reference/, which students do not have"),
    ("README.md", "\n### BEGIN SOLUTION\n", "the mark of a solution, ### BEGIN SOLUTION"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "what"), LEAKS)
def test_a_leak_is_told_with_file_and_line(toy_course: Path, name: str, text: str, what: str) -> None:
    """Wherever it was pasted, and however it was wrapped, indented or quoted."""
    assignment = toy(toy_course)
    path = toy_course / GIVEN / name
    path.touch()
    line = path.read_text(encoding="utf-8").count("\n") + 2
    add(path, text)
    assert refusal(toy_course, assignment) == (
        f"assignments/toy/{name}, line {line}: found {what}, which students must not receive: take it out."
    )


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "markdown", "source": ["Like this:\n", "`totals.append(value + (totals[-1] if totals else 0))`"]},
        {"cell_type": "code", "source": f"pass\n{LINE}", "outputs": [], "execution_count": None},
        {
            "cell_type": "code",
            "source": [],
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["\n", LINE]}],
        },
    ],
    ids=["markdown", "code", "output"],
)  # fmt: skip
def test_a_leak_in_the_notebook_is_told_with_its_cell(toy_course: Path, cell: dict[str, object]) -> None:
    """In a cell's text, its code, or what it printed: a notebook's own line ends and quotes hide nothing."""
    assignment = toy(toy_course)
    path = toy_course / GIVEN / "toy.ipynb"
    number = len(json.loads(path.read_text(encoding="utf-8"))["cells"]) + 1
    add_cell(path, cell)
    assert refusal(toy_course, assignment).startswith(f"assignments/toy/toy.ipynb, cell {number}, line 2: found {SOLUTION}")


def test_a_leak_within_a_zip_is_told(toy_course: Path) -> None:
    """A zip among the given files is looked into."""
    assignment = toy(toy_course)
    with zipfile.ZipFile(toy_course / GIVEN / "given.zip", "w") as archive:
        archive.write(toy_course / "reference/toy/sums.py", "all/sums.py")
    assert refusal(toy_course, assignment).startswith("assignments/toy/given.zip, all/sums.py, line ")


def test_a_hidden_check_under_another_name_is_told(toy_course: Path) -> None:
    """A hidden check pasted among the public ones, with another name, title and number of points."""
    assignment = toy(toy_course)
    public = toy_course / GIVEN / "test_public.py"
    number = public.read_text(encoding="utf-8").count("\n") + 4
    check = 'assert_equal(student.running_total([4, -6, 1]), [4, -2, -1], what="running_total([4, -6, 1])")'
    add(public, f'\n\n@pytest.mark.question("Q2", points=1)\ndef test_mine(student):\n    """Mine."""\n    {check}\n')
    assert refusal(toy_course, assignment) == (
        f"assignments/toy/test_public.py, line {number}: found the hidden check test_running_total_falls_with_negative_values "
        "(reference/toy/test_hidden.py) under the name test_mine, which students must not receive: take it out."
    )


def test_the_whole_reference_in_place_of_the_stub_is_told(toy_course: Path) -> None:
    """The likeliest slip of all: the solution copied over the stub."""
    assignment = toy(toy_course)
    shutil.copy(toy_course / "reference/toy/shapes.py", toy_course / GIVEN / "shapes.py")
    assert refusal(toy_course, assignment).startswith("assignments/toy/shapes.py, line ")


@pytest.mark.parametrize(
    "text",
    [
        "\nA longer area_of_a_square, and test_area_of_a_squared.\n",
        "\nSee https://example.org/reference/index.html, cross-reference/s and the reference.\n",
        "\nimport pytest\n",
        "\nmy_return width * height_of_it\n",
    ],
)
def test_what_only_looks_like_a_leak_is_handed_out(toy_course: Path, text: str) -> None:
    """Parts of longer words, addresses, lines that anybody writes."""
    assignment = toy(toy_course)
    add(toy_course / GIVEN / "README.md", text)
    assert bundle_of(assignment)["README.md"].decode().endswith(text)


def test_what_the_stubs_show_is_no_secret(toy_course: Path) -> None:
    """A given line is no leak, whatever solution or check repeats it."""
    solution = f"    ### BEGIN SOLUTION\n    {HELPER}\n    {RUNNING}\n    ### END SOLUTION\n"
    given = f'"""Sums: question Q2."""\n\n{HELPER}\n\n\ndef running_total(values):\n{solution}'
    (toy_course / "reference/toy/sums.py").write_text(given, encoding="utf-8")
    assignment = toy(toy_course)
    add(toy_course / GIVEN / "README.md", f"\n{HELPER}\n")
    add(toy_course / "reference/toy/test_hidden.py", f"\n\n{HELPER}\n")
    bundle_of(assignment)
    add(toy_course / GIVEN / "README.md", f"\n{RUNNING}\n")
    assert "README.md" in refusal(toy_course, assignment)


# --- other reasons to refuse -------------------------------------------------------------------------------------------------------


def test_a_docstring_that_tells_the_solution_is_told(toy_course: Path) -> None:
    """The reference's own docstring is handed out with the stub; what stands in it is given, but no code."""
    path = toy_course / "reference/toy/sums.py"
    told = f"so {LINE} does it"
    path.write_text(path.read_text(encoding="utf-8").replace("gives [1, 3, 6]", told), encoding="utf-8")
    assert refusal(toy_course, toy(toy_course)).startswith(f"assignments/toy/sums.py, line 5: found {SOLUTION}")


def test_a_solution_of_short_lines_is_told(toy_course: Path) -> None:
    """Each line is anybody's; all of them together are the solution."""
    solution = "a = values[:]\n    a.sort()\n    # done\n    return a\n"
    (toy_course / "reference/toy/sums.py").write_text(
        f"def running_total(values):\n    ### BEGIN SOLUTION\n    {solution}    ### END SOLUTION\n", encoding="utf-8"
    )
    assignment = toy(toy_course)
    add(toy_course / GIVEN / "README.md", "\na.sort()\n")
    bundle_of(assignment)
    add(toy_course / GIVEN / "README.md", "\n\ta = values[:]\n\ta.sort()\n\treturn a\n")
    assert "found a solution (reference/toy/sums.py, line 3), which" in refusal(toy_course, assignment)


def test_outdated_stubs_are_refused(toy_course: Path) -> None:
    """A stub or a notebook that the reference does not make any more, or that is not there."""
    assignment = load_assignment("toy", toy_course)  # the notebook was never made
    sentence = "assignments/toy/{} is not what the reference makes of it: run `grader stubs toy`."
    assert refusal(toy_course, assignment) == sentence.format("toy.ipynb")
    write_student_files(assignment)
    add(toy_course / GIVEN / "sums.py", "\nLIMIT = 3\n")
    assert refusal(toy_course, assignment) == sentence.format("sums.py")


@pytest.mark.parametrize("name", ["README.md", "test_public.py"])
def test_a_bundle_without_handout_or_checks_is_refused(toy_course: Path, name: str) -> None:
    """Students need both."""
    assignment = toy(toy_course)
    (toy_course / GIVEN / name).unlink()
    assert refusal(toy_course, assignment) == f"assignments/toy has no {name}: students need it."


def test_a_link_is_refused(toy_course: Path) -> None:
    """It may lead anywhere, and leads nowhere on a student's machine."""
    assignment = toy(toy_course)
    (toy_course / GIVEN / "more.py").symlink_to(toy_course / "reference/toy/sums.py")
    assert refusal(toy_course, assignment) == "assignments/toy/more.py is a link: put the file itself there."


def test_without_reference_nothing_is_released(toy_course: Path) -> None:
    """What must not be handed out is known from the reference alone."""
    toy(toy_course)
    shutil.rmtree(toy_course / "reference/toy")
    assert refusal(toy_course, load_assignment("toy", toy_course)).startswith("toy has no reference here: ")


def test_a_handout_that_is_no_utf8_is_refused(toy_course: Path) -> None:
    """What cannot be read cannot be looked through."""
    assignment = toy(toy_course)
    (toy_course / GIVEN / "README.ko.md").write_bytes("도형".encode("cp949"))
    assert refusal(toy_course, assignment) == "assignments/toy/README.ko.md: expected text in UTF-8, found the byte 0xb5."


def test_a_folder_in_the_way_is_kept_unless_forced(toy_course: Path) -> None:
    """An empty folder is filled; a bundle is replaced with --force; what is no bundle never is."""
    assignment = toy(toy_course)
    out = toy_course / "out"
    target = out / "toy"
    target.mkdir(parents=True)
    release(assignment, out)
    (target / "mine.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match=r"toy is there already and not empty: pass --force to replace it"):
        release(assignment, out)
    assert (target / "mine.py").exists()
    release(assignment, out, force=True, as_zip=True)
    assert sorted(path.name for path in target.iterdir()) == FILES
    assert sorted(path.name for path in out.iterdir()) == ["toy", "toy.zip"]
    with pytest.raises(UsageError, match=r"toy is there already"):
        release(assignment, out, as_zip=True)
    (target / "assignment.toml").unlink()
    with pytest.raises(UsageError, match=r"holds no assignment.toml, so it is no bundle"):
        release(assignment, out, force=True)
    assert (target / "sums.py").exists()


@pytest.mark.parametrize("out", ["assignments", "reference", "assignments/toy", "reference/toy/mistakes"])
def test_the_course_itself_is_never_overwritten(toy_course: Path, out: str) -> None:
    """`-o assignments --force` would replace the assignment by its bundle."""
    assignment = toy(toy_course)
    before = contents(toy_course)
    with pytest.raises(UsageError, match=r"is the assignment's own folder: name another place with -o\."):
        release(assignment, toy_course / out, force=True)
    assert contents(toy_course) == before


def test_a_place_that_cannot_be_written_to_is_told(toy_course: Path) -> None:
    """A file where the folder should be."""
    assignment = toy(toy_course)
    (toy_course / "out").write_text("a file")
    with pytest.raises(GraderError, match=r"out cannot be made \(File exists\): name a folder that can be written to\."):
        release(assignment, toy_course / "out")


# --- this project's assignments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_assignments(ROOT))
def test_every_assignment_can_be_released(name: str, tmp_path: Path) -> None:
    """Nothing of any reference is in its bundle, and the stubs are up to date: the release itself proves it."""
    assignment = load_assignment(name, ROOT)
    if not (assignment.folder / assignment.files[0]).is_file():
        pytest.skip(f"{name} has no stubs yet")
    release(assignment, tmp_path)
    for needed in ("README.md", "README.ko.md", "assignment.toml", "test_public.py", assignment.notebook, *assignment.files):
        assert (tmp_path / name / needed).is_file()


@pytest.mark.sandbox
def test_a_bundle_works_alone(tmp_path: Path) -> None:
    """In an empty folder elsewhere: `grader check` and plain pytest say of every question that it is not answered."""
    assignment = load_assignment("lenet_and_losses", ROOT)
    release(assignment, tmp_path)
    bundle = tmp_path / assignment.name
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"COLUMNS": "120", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *command], cwd=bundle, env=environment, capture_output=True, encoding="utf-8", timeout=300
        )

    checked = run("grader", "check")
    trained = {training.question for training in assignment.training}
    graded = [question for question in assignment.questions if question.graded and question.id not in trained]
    assert checked.returncode == 1, checked.stderr
    assert checked.stdout.count("not answered yet") == len(graded), checked.stdout
    assert "\n0 of " in checked.stdout
    assert not any(outcome in checked.stdout for outcome in ("failed:", "error:", "timeout:", "crashed:", "not graded:"))
    tested = run("pytest", "-p", "no:cacheprovider")
    assert tested.returncode == 1, tested.stdout
    text = assignment.public_checks.read_text(encoding="utf-8")
    trained_checks = text.count("\n@pytest.mark.training(")  # skipped: no training was asked for
    count = text.count("\ndef test_") - trained_checks
    assert tested.stdout.splitlines().count("not_answered: not answered yet.") == count, tested.stdout
    assert f"{count} failed, {trained_checks} skipped" in tested.stdout.splitlines()[-1]
