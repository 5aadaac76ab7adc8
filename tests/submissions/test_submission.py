"""`grader.intake.submission`: what one student handed in, as modules to run, with every guess stated."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.homework.assignment import Assignment, find_assignment_here, load_assignment
from grader.intake.submission import MAX_CODE_FILE, Found, Submission, read_submission

SHAPES = "def area(width, height):\n    return width * height\n\n\nclass Square:\n    pass\n"
SUMS = "def running_total(values):\n    return values\n"
BOTH = {"shapes.py": SHAPES, "sums.py": SUMS}

Read = Callable[[Path], Submission]
Zip = Callable[[str, Mapping[str, str | bytes]], Path]


@pytest.fixture
def read(toy: Assignment) -> Read:
    """Read a submission for the toy homework."""
    return lambda path: read_submission(Found("kim", path), toy)


@pytest.fixture
def single(toy_course: Path) -> Assignment:
    """The toy homework cut down to one file."""
    path = toy_course / "assignments/toy/assignment.toml"
    text = path.read_text().replace('["shapes.py", "sums.py"]', '["sums.py"]').replace("points = 10\n", "")
    start, end = text.index("[[questions]]"), text.rindex("[[questions]]")
    path.write_text((text[:start] + text[end:]).replace('depends = ["Q1"]', ""))
    return load_assignment("toy", toy_course)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})


def modules(submission: Submission) -> list[tuple[str, str]]:
    return [(module.name, module.file) for module in submission.modules]


def refused(read: Read, path: Path) -> str:
    with pytest.raises(SubmissionError) as caught:
        read(path)
    return str(caught.value)


# --- by name ----------------------------------------------------------------------------------------------------------------------


def test_a_folder_of_files_becomes_modules_in_the_assignments_order(read: Read, tmp_path: Path) -> None:
    """One unit a file, labelled by its name, and nothing to note."""
    submission = read(write(tmp_path / "kim", {"sums.py": SUMS, "shapes.py": SHAPES}))
    assert modules(submission) == [("shapes", "shapes.py"), ("sums", "sums.py")]
    assert [(unit.label, unit.source) for module in submission.modules for unit in module.units] == [
        ("shapes.py", SHAPES),
        ("sums.py", SUMS),
    ]
    assert not any(module.keep_going for module in submission.modules)
    assert (submission.id, submission.notes) == ("kim", ())
    assert submission.files == {"shapes.py": SHAPES.encode(), "sums.py": SUMS.encode()}


def test_a_zip_and_a_folder_of_the_same_files_are_the_same_submission(read: Read, tmp_path: Path, zipped: Zip) -> None:
    """The digest is of names and bytes, and not of how they were packed."""
    folder = read(write(tmp_path / "kim", BOTH))
    packed = read(zipped("kim.zip", BOTH))
    assert packed == folder
    assert len(folder.digest) == 64


@pytest.mark.parametrize(
    "changed",
    [{"sums.py": SUMS + "\n"}, {"helper.py": ""}, {"shapes.py": SUMS, "sums.py": SHAPES}, {"a/b.txt": "c"}],
    ids=["a byte more", "a file more", "contents exchanged", "a text beside"],
)
def test_the_digest_changes_with_every_file(read: Read, tmp_path: Path, changed: Mapping[str, str]) -> None:
    """Names, bytes, and which bytes are under which name."""
    before = read(write(tmp_path / "kim", BOTH)).digest
    assert read(write(tmp_path / "kim", BOTH)).digest == before
    assert read(write(tmp_path / "kim", changed)).digest != before


def test_helpers_and_small_data_come_along(read: Read, tmp_path: Path) -> None:
    """A student's own modules and files lie beside the answers; large ones are left out, and said so."""
    extra: dict[str, str | bytes] = {"lib/helpers.py": "x = 1\n", "table.npy": b"\1" * 1000, "model.pt": b"\2" * (2 * 2**20)}
    submission = read(write(tmp_path / "kim", {**BOTH, **extra}))
    assert list(submission.files) == ["lib/helpers.py", "shapes.py", "sums.py", "table.npy"]
    assert submission.notes == ("Left out: model.pt (2.0 MB; beside code, only small files are taken).",)


def test_files_one_folder_down_are_found(read: Read, zipped: Zip) -> None:
    """The folder becomes the root, so that the files can import one another."""
    submission = read(zipped("kim.zip", {"hw1/shapes.py": SHAPES, "hw1/sums.py": SUMS, "hw1/lib/a.py": "", "readme.txt": "hello"}))
    assert modules(submission) == [("shapes", "shapes.py"), ("sums", "sums.py")]
    assert list(submission.files) == ["lib/a.py", "shapes.py", "sums.py"]
    assert submission.notes == ("The files were found in hw1/ of kim.zip.",)


def test_the_folder_with_most_of_the_files_wins(read: Read, tmp_path: Path) -> None:
    """The other is named in the note."""
    folder = write(tmp_path / "kim", {"old/sums.py": "", "new/shapes.py": SHAPES, "new/sums.py": SUMS})
    notes = ("The files were found in new/ of kim.", "Files of the same names lie in old/: those in new/ were taken.")
    assert (read(folder).files, read(folder).notes) == ({name: text.encode() for name, text in BOTH.items()}, notes)
    write(folder, {"old/shapes.py": "", "a/b/sums.py": "", "sums.py": "", "z/sums.py": ""})
    assert read(folder).notes[1] == (
        "Files of the same names lie in old/, the folder itself, z/ and 1 more: those in new/ were taken."
    )


def test_files_in_different_folders_are_brought_together(read: Read, tmp_path: Path) -> None:
    """Each is kept under its own name, and the note says where it was."""
    submission = read(write(tmp_path / "kim", {"a/shapes.py": SHAPES, "b/sums.py": SUMS}))
    assert list(submission.files) == ["shapes.py", "sums.py"]
    assert submission.notes == ("The files were found in a/ of kim.", "sums.py was found as b/sums.py.")


def test_files_in_a_package_answer_from_there(read: Read, zipped: Zip) -> None:
    """Where others import them from it, its folder stays one, with what else is in it, and the files go by both names."""
    helper = "def twice(x):\n    return 2 * x\n"
    files = {
        "work/common/shapes.py": f"from common.helper import twice\n{SHAPES}",
        "work/common/helper.py": helper,
        "work/ch1/my_sums.py": f"from common.shapes import *\nimport other\n{SUMS}",
        "work/ch1/other.py": "",
        "work/ch1/unused.py": "",
    }
    submission = read(zipped("kim.zip", files))
    assert [(module.name, module.file, module.aliases) for module in submission.modules] == [
        ("shapes", "shapes.py", ("common.shapes",)),
        ("sums", "my_sums.py", ("my_sums", "ch1.my_sums")),
    ]
    inside = [name.removeprefix("work/") for name in files]
    assert sorted(submission.files) == sorted([*inside, "shapes.py", "my_sums.py", "other.py"])
    assert submission.notes == (
        "The files were found in work/ of kim.zip.",
        "shapes.py was found as work/common/shapes.py.",
        "work/ch1/my_sums.py stands in for sums.py (not there).",
    )


@pytest.mark.parametrize("name", ["numpy", "json"])
def test_a_folder_that_is_called_like_a_library_is_no_package(read: Read, zipped: Zip, name: str) -> None:
    """`import numpy` means numpy."""
    submission = read(zipped("kim.zip", {f"{name}/shapes.py": f"import {name}.a\n{SHAPES}", f"{name}/sums.py": SUMS}))
    assert sorted(submission.files) == ["shapes.py", "sums.py"]


def test_a_missing_file_is_noted_and_the_others_are_read(read: Read, tmp_path: Path) -> None:
    """Half a homework is half a homework."""
    submission = read(write(tmp_path / "kim", {"sums.py": SUMS}))
    assert modules(submission) == [("sums", "sums.py")]
    assert submission.notes == ("shapes.py is not there: what it should define counts as not answered.",)


def test_a_file_that_is_no_python_is_no_error_here(read: Read, tmp_path: Path) -> None:
    """Whoever runs it tells where; the other file is graded."""
    submission = read(write(tmp_path / "kim", {"shapes.py": "def area(:\n", "sums.py": SUMS}))
    assert submission.modules[0].units[0].source == "def area(:\n"


def test_the_reference_as_a_submission_brings_neither_hidden_checks_nor_mistakes(toy: Assignment, read: Read) -> None:
    """What lies beside it is not for a student's process."""
    assert toy.reference is not None
    assert list(read(toy.reference).files) == ["shapes.py", "sums.py"]


def test_a_file_in_cp949_is_read_and_noted(read: Read, tmp_path: Path) -> None:
    """Comments in Korean, saved on Korean Windows."""
    submission = read(write(tmp_path / "kim", {"shapes.py": f"# 넓이\n{SHAPES}".encode("cp949"), "sums.py": SUMS}))
    assert submission.modules[0].units[0].source == f"# 넓이\n{SHAPES}"
    assert submission.notes == ("shapes.py was read as cp949: it is not saved in UTF-8.",)


# --- stand-ins --------------------------------------------------------------------------------------------------------------------


def test_a_notebook_stands_in_for_files_that_are_not_there(read: Read, tmp_path: Path) -> None:
    """One unit a cell, each of which may fail by itself, under the notebook's own name made one of Python's."""
    path = write(tmp_path, {"김 철수-1.ipynb": notebook("%matplotlib inline", SHAPES, "", SUMS)}) / "김 철수-1.ipynb"
    submission = read(path)
    assert modules(submission) == [("김_철수_1", "김 철수-1.ipynb")]
    assert submission.modules[0].keep_going
    assert [unit.label for unit in submission.modules[0].units] == ["cell 1", "cell 2", "cell 4"]
    assert submission.notes == ("김 철수-1.ipynb stands in for shapes.py (not there) and sums.py (not there).",)


@pytest.mark.parametrize(
    ("stem", "module"),
    [("toy", "toy"), ("2024 toy", "_2024_toy"), ("class", "class_"), ("random", "random_"), ("torch", "torch_"), ("sums", "sums_")],
)
def test_a_notebooks_module_shadows_nothing(read: Read, tmp_path: Path, stem: str, module: str) -> None:
    """Neither the standard library, nor what a submission imports, nor the student's other file, nor a keyword."""
    folder = write(tmp_path / "kim", {f"{stem}.ipynb": notebook(SHAPES), "sums.py": SUMS})
    assert modules(read(folder)) == [(module, f"{stem}.ipynb"), ("sums", "sums.py")]


def test_files_come_before_a_notebook(read: Read, tmp_path: Path) -> None:
    """With all files there, the notebook is only something beside them."""
    submission = read(write(tmp_path / "kim", {**BOTH, "toy.ipynb": notebook(SHAPES, SUMS)}))
    assert modules(submission) == [("shapes", "shapes.py"), ("sums", "sums.py")]
    assert submission.notes == ()


def test_a_notebook_stands_in_for_files_that_are_as_they_were_handed_out(toy: Assignment, read: Read, tmp_path: Path) -> None:
    """Who works in the notebook and hands in the whole folder leaves the stubs beside it, perhaps with other line ends."""
    folder = tmp_path / "kim"
    shutil.copytree(toy.folder, folder)
    assert modules(read(folder)) == [("shapes", "shapes.py"), ("sums", "sums.py")]
    write(folder, {"toy.ipynb": notebook(SHAPES, SUMS), "sums.py": (folder / "sums.py").read_bytes().replace(b"\n", b"\r\n")})
    submission = read(folder)
    assert modules(submission) == [("toy", "toy.ipynb")]
    assert submission.notes == ("toy.ipynb stands in for shapes.py (as it was handed out) and sums.py (as it was handed out).",)
    write(folder, {"sums.py": SUMS})
    assert modules(read(folder)) == [("toy", "toy.ipynb"), ("sums", "sums.py")]


def test_in_the_students_own_folder_files_are_what_they_are(toy: Assignment) -> None:
    """There, stubs cannot be told from work; that the notebook holds more of it is noted."""
    bundle = find_assignment_here(toy.folder)
    found = Found("here", toy.folder)
    assert read_submission(found, bundle).notes == ()
    (toy.folder / "toy.ipynb").write_text(notebook(SHAPES, SUMS))
    submission = read_submission(found, bundle)
    assert modules(submission) == [("shapes", "shapes.py"), ("sums", "sums.py")]
    assert submission.notes == ("toy.ipynb was not looked at: shapes.py and sums.py came first; hand in one or the other.",)
    write(toy.folder, BOTH)
    assert read_submission(found, bundle).notes == ()
    assert modules(read_submission(Found("here", toy.folder / "toy.ipynb"), bundle)) == [("toy", "toy.ipynb")]


def test_of_several_notebooks_the_one_that_answers_most_is_taken(read: Read, tmp_path: Path) -> None:
    """Unless one has the homework's own name."""
    notebooks = {"a.ipynb": notebook(SUMS), "b.ipynb": notebook(SHAPES, SUMS), "c.ipynb": notebook("x = 1")}
    folder = write(tmp_path / "kim", notebooks)
    assert modules(read(folder)) == [("b", "b.ipynb")]
    write(folder, {"toy.ipynb": notebook(SHAPES, SUMS)})
    assert modules(read(folder)) == [("toy", "toy.ipynb")]


def test_what_defines_the_rest_comes_along(read: Read, tmp_path: Path) -> None:
    """A part a notebook, a class a file; what the others define already, or only call so in passing, does not."""
    folder = write(tmp_path / "kim", {"toy.ipynb": notebook(SUMS), "b.ipynb": notebook(SHAPES), "c.ipynb": notebook(SUMS)})
    submission = read(folder)
    assert modules(submission) == [("toy", "toy.ipynb"), ("b", "b.ipynb")]
    assert "b.ipynb was taken as well, for Square and area." in submission.notes
    area, _, square = SHAPES.partition("class Square")
    files = {
        "area.py": area,
        "Square.py": f"class Square{square}",
        "sums.py": SUMS,
        "main.py": "from Square import Square\narea = 3\n",
    }
    submission = read(write(tmp_path / "lee", files))
    assert modules(submission) == [("shapes", "area.py"), ("sums", "sums.py"), ("Square", "Square.py")]
    assert "Square.py was taken as well, for Square." in submission.notes
    assert not any("not Square.py" in note for note in submission.notes)


def test_a_broken_notebook_beside_a_good_one_is_noted(read: Read, tmp_path: Path) -> None:
    """It costs nothing but a note."""
    submission = read(write(tmp_path / "kim", {"a.ipynb": "", "toy.ipynb": notebook(SHAPES, SUMS)}))
    assert modules(submission) == [("toy", "toy.ipynb")]
    assert (
        submission.notes[1] == "a.ipynb is empty: expected a notebook, found no content: save the notebook again and hand that in."
    )


def test_a_single_file_under_another_name_is_taken(single: Assignment, tmp_path: Path) -> None:
    """Where the homework has one file, it is run under that file's name."""
    path = write(tmp_path, {"sums (2).py": SUMS}) / "sums (2).py"
    submission = read_submission(Found("kim", path), single)
    assert modules(submission) == [("sums", "sums (2).py")]
    assert submission.modules[0].units[0].label == "sums (2).py"
    assert submission.notes == ("sums (2).py stands in for sums.py (not there).",)


def test_a_single_file_that_holds_everything_is_taken(read: Read, tmp_path: Path) -> None:
    """A notebook saved as a program, say."""
    path = write(tmp_path, {"kim.py": SHAPES + SUMS}) / "kim.py"
    submission = read(path)
    assert modules(submission) == [("kim", "kim.py")]
    assert submission.notes == ("kim.py stands in for shapes.py (not there) and sums.py (not there).",)


def test_the_file_that_defines_what_is_missing_is_taken(read: Read, tmp_path: Path) -> None:
    """Helpers and copies of the checks are no candidates."""
    others = {"helpers.py": "def helper(): ...\n", "test_public.py": "running_total = None\n", "my_sums.py": SUMS}
    submission = read(write(tmp_path / "kim", {"shapes.py": SHAPES, **others}))
    assert modules(submission) == [("shapes", "shapes.py"), ("sums", "my_sums.py")]


@pytest.mark.parametrize(
    ("source", "counts"),
    [
        ("running_total = lambda values: values\n", True),
        ("running_total: object = sum\n", True),
        ("async def running_total(values): ...\n", True),
        ("if True:\n    def running_total(values): ...\n", True),
        ("def running_total(:\n", True),
        ("x = running_total(values)\n", False),
        ("running_total == 3\n", False),
        ("# running_total = 3\n", False),
        ("running_totals = 3\n", False),
    ],
)
def test_a_file_counts_if_it_defines_what_is_asked_for(single: Assignment, tmp_path: Path, source: str, counts: bool) -> None:
    """As a function, class or variable, in valid Python or not."""
    path = write(tmp_path, {"kim.py": source}) / "kim.py"
    if counts:
        assert modules(read_submission(Found("kim", path), single)) == [("sums", "kim.py")]
    else:
        with pytest.raises(SubmissionError):
            read_submission(Found("kim", path), single)


# --- what cannot be read ----------------------------------------------------------------------------------------------------------


def test_another_homeworks_file_is_told(read: Read, tmp_path: Path) -> None:
    """What was expected, what was found, what to do."""
    path = write(tmp_path, {"rnn.py": "class RNN: ...\n"}) / "rnn.py"
    assert refused(read, path) == (
        "rnn.py: expected shapes.py and sums.py, or the notebook toy.ipynb, found rnn.py with nothing of what toy asks for "
        "(area, Square, running_total): hand in the files of this homework."
    )


def test_another_homeworks_notebook_is_told(read: Read, zipped: Zip) -> None:
    """Packed or not."""
    path = zipped("kim.zip", {"rnn.ipynb": notebook("class RNN: ..."), "a.py": "", "b.py": "", "c.py": ""})
    assert refused(read, path) == (
        "kim.zip: expected shapes.py and sums.py, or the notebook toy.ipynb, found a.py, b.py, c.py and 1 more with nothing of "
        "what toy asks for (area, Square, running_total): hand in the files of this homework."
    )


def test_files_that_are_empty_are_told(read: Read, tmp_path: Path) -> None:
    """Under the homework's names they are what was handed in, with a note; under another there is nothing to grade."""
    assert read(write(tmp_path / "kim", {"shapes.py": "", "sums.py": b"\xef\xbb\xbf \n"})).notes == (
        "shapes.py and sums.py are empty: what they should define counts as not answered.",
    )
    assert read(write(tmp_path / "lee", {**BOTH, "sums.py": ""})).notes == (
        "sums.py is empty: what it should define counts as not answered.",
    )
    wanted = "expected shapes.py and sums.py, or the notebook toy.ipynb"
    save = "save your work and hand in the files of this homework."
    lone = write(tmp_path, {"park.py": ""}) / "park.py"
    assert refused(read, lone) == f"park.py: {wanted}, found park.py, which is empty: {save}"
    several = write(tmp_path / "han", {"a.py": "", "b.py": "\n"})
    assert refused(read, several) == f"han: {wanted}, found a.py and b.py, all of them empty: {save}"


def test_a_submission_without_code_is_told(read: Read, zipped: Zip, tmp_path: Path) -> None:
    """A zip of a report, an empty folder."""
    wanted = "shapes.py and sums.py, or the notebook toy.ipynb"
    expected = f"expected {wanted}, found no .py file and no notebook: hand in what the homework asks for."
    assert refused(read, zipped("kim.zip", {"report.pdf": "x"})) == f"kim.zip: {expected}"
    (tmp_path / "kim").mkdir()
    assert refused(read, tmp_path / "kim") == f"kim: {expected}"


def test_a_form_that_cannot_be_read_is_told(read: Read, tmp_path: Path) -> None:
    """The forms that can, and the files."""
    path = write(tmp_path, {"kim.docx": "x"}) / "kim.docx"
    assert refused(read, path) == (
        "kim.docx: expected .py, .ipynb, .zip, .tar.gz or a folder, found a .docx file: "
        "hand in shapes.py and sums.py, or the notebook toy.ipynb."
    )


def test_a_notebook_that_cannot_be_read_is_told(read: Read, tmp_path: Path) -> None:
    """With nothing else there, its own problem is the sentence."""
    path = write(tmp_path, {"toy.ipynb": ""}) / "toy.ipynb"
    assert (
        refused(read, path)
        == "toy.ipynb is empty: expected a notebook, found no content: save the notebook again and hand that in."
    )


def test_a_file_that_is_no_text_is_told(read: Read, tmp_path: Path) -> None:
    """By name and line, whether it is named by the assignment or not."""
    sentence = "expected text, found a null byte: save the file as text in UTF-8."
    folder = write(tmp_path / "kim", {**BOTH, "sums.py": b"x = 1\ny = '\0'\n"})
    assert refused(read, folder) == f"sums.py, line 2: {sentence}"
    path = write(tmp_path, {"kim.py": b"\0"}) / "kim.py"
    assert refused(read, path) == f"kim.py, line 1: {sentence}"


@pytest.mark.parametrize("name", ["sums.py", "kim.py"])
def test_a_file_of_200_mb_is_told(read: Read, tmp_path: Path, name: str) -> None:
    """Whether it has the assignment's name or is all that there is."""
    with (tmp_path / name).open("wb") as stream:
        stream.truncate(200 * 2**20)
    assert (
        refused(read, tmp_path / name) == f"{name} is 200.0 MB: expected at most {MAX_CODE_FILE // 2**20}.0 MB: hand in code alone."
    )


def test_a_large_notebook_beside_the_files_is_left_out(read: Read, tmp_path: Path) -> None:
    """Nobody asked for it."""
    folder = write(tmp_path / "kim", BOTH)
    with (folder / "pictures.ipynb").open("wb") as stream:
        stream.truncate(MAX_CODE_FILE + 1)
    assert read(folder).notes == ("Left out: pictures.ipynb (32.0 MB, too large for code).",)


def test_very_many_files_of_code_are_cut(read: Read, tmp_path: Path) -> None:
    """A cloned library in the folder costs neither time nor memory without bound."""
    folder = write(tmp_path / "kim", {**BOTH, **{f"library/{number:04}.py": "" for number in range(600)}})
    submission = read(folder)
    assert len(submission.files) == 500
    assert submission.notes == ("Left out: library/0498.py and 101 others (more than 500 files of code).",)


def test_nothing_of_a_zip_reaches_the_disk_or_leads_out(read: Read, zipped: Zip, tmp_path: Path) -> None:
    """The assignment's file under a name that leads out is as good as not there."""
    path = zipped("kim.zip", {"../sums.py": "evil = 1\n", "shapes.py": SHAPES})
    before = sorted(tmp_path.rglob("*"))
    submission = read(path)
    assert list(submission.files) == ["shapes.py"]
    assert submission.notes == (
        "Left out: ../sums.py (a name that leads out of the submission).",
        "sums.py is not there: what it should define counts as not answered.",
    )
    assert sorted(tmp_path.rglob("*")) == before
