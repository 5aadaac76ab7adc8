"""`grader.intake.layouts`: a class's folder as courses' systems pack it, recognised by its names."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.homework.assignment import Assignment
from grader.intake.layouts import ClassFolder, Layout, read_class
from grader.intake.people import Person
from grader.intake.submission import Submission, read_submission

SHAPES = "def area(width, height):\n    return width * height\n\n\nclass Square:\n    pass\n"
SUMS = "def running_total(values):\n    return values\n"

CANVAS = {
    "leeseoyeon_12345_900001_shapes.py": SHAPES,
    "leeseoyeon_12345_900002_sums-1.py": SUMS,
    "kimminjun_LATE_12346_900003_shapes.py": SHAPES,
    "kimminjun_LATE_12346_900004_sums-2.py": SUMS,
    "kimminjun_LATE_12346_900005_sums-1.py": "old = 1\n",
    "kimminjun_LATE_12346_900006_sums.py": "older = 1\n",
    "o'brienanne-marie_12347_900007_toy.ipynb": "{}",
    "박_지민_12348_900008_hw_1_2_final.zip": "PK",
}
MOODLE = {
    "Seoyeon Lee_1000001_assignsubmission_file_/shapes.py": SHAPES,
    "Seoyeon Lee_1000001_assignsubmission_file_/sums.py": SUMS,
    "Seoyeon Lee_1000001_assignsubmission_onlinetext_/onlinetext.html": "<p>See my files.</p>",
    "Kim_Min Jun_1000002_assignsubmission_file_/hw/shapes.py": SHAPES,
    "박지민_1000003_assignsubmission_onlinetext_/onlinetext.html": "<p>I forgot.</p>",
    "Anne-Marie O'Brien_1000004_assignsubmission_file_shapes.py": SHAPES,
    "Anne-Marie O'Brien_1000004_assignsubmission_file_sums.py": SUMS,
    "Anne-Marie O'Brien_1000004_assignsubmission_onlinetext_onlinetext.html": "",
}
GITHUB = {
    **{f"homework-1-{user}/.git/HEAD": "ref: refs/heads/main\n" for user in ("anna", "andrew", "team-rocket")},
    "homework-1-anna/shapes.py": SHAPES,
    "homework-1-andrew/src/sums.py": SUMS,
    "homework-1-team-rocket/README.md": "",
}
METADATA = """---
submission_501:
  :submitters:
  - :name: Seoyeon Lee
    :sid: '20231111'
    :email: seoyeon@example.edu
  :created_at: 2024-05-02 14:03:00.000000000 Z
  :score: 10.0
  :results: &results
    tests:
    - name: "1) area"
      output: "a: b\\n- c"
  :history: !ruby/array:Array [*results, {':score': 3}]
submission_502:
  :submitters:
  - :name: 김민준
    :sid: 20231112
    :email:
  - :name: Jiho Park
    :sid: '20231113'
    :email: jiho@example.edu
submission_503:
  :submitters: []
submission_504:
  :submitters:
  - :name: Gone
"""
GRADESCOPE = {
    "submission_metadata.yml": METADATA,
    "submission_501/shapes.py": SHAPES,
    "submission_501/sums.py": SUMS,
    "submission_502/toy.ipynb": "{}",
    "submission_503/sums.py": SUMS,
    "submission_505/sums.py": SUMS,
}


def make(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def pack(path: Path, files: dict[str, str], below: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(below + name, content)
    return path


def submissions(school: ClassFolder, toy: Assignment) -> dict[str, Submission | str]:
    """What was handed in, by id; or the sentence that says why it cannot be read."""
    read: dict[str, Submission | str] = {}
    for found in school.found:
        try:
            read[found.id] = read_submission(found, toy)
        except Exception as error:  # noqa: BLE001 - what kind it is shows in the comparison
            read[found.id] = f"{type(error).__name__}: {error}"
    return read


# --- Canvas -----------------------------------------------------------------------------------------------------------------------


def test_a_canvas_download_is_a_submission_a_student(toy: Assignment, tmp_path: Path) -> None:
    """Files of one student belong together under the names that they were handed in with; the newest of each counts."""
    school = read_class([make(tmp_path / "submissions", CANVAS)], toy)
    assert school.told == ("submissions was read as a Canvas download of 4 submissions.",)
    assert [(found.id, found.late, found.people) for found in school.found] == [
        ("kimminjun_12346", True, (Person("12346", "kimminjun"),)),
        ("leeseoyeon_12345", False, (Person("12345", "leeseoyeon"),)),
        ("o_brienanne-marie_12347", False, (Person("12347", "o'brienanne-marie"),)),
        ("박_지민_12348", False, (Person("12348", "박_지민"),)),
    ]
    read = submissions(school, toy)
    for name in ("leeseoyeon_12345", "kimminjun_12346"):
        assert isinstance(read[name], Submission)
        assert read[name].files == {"shapes.py": SHAPES.encode(), "sums.py": SUMS.encode()}
    assert read["leeseoyeon_12345"].notes == (
        "sums-1.py was taken as sums.py: Canvas adds the number where a file is handed in again.",
    )
    assert read["kimminjun_12346"].notes == (
        "Handed in late, as Canvas says.",
        "sums-2.py was taken as sums.py: it is newer than sums.py and sums-1.py.",
    )
    assert read["박_지민_12348"] == (
        "SubmissionError: hw_1_2_final.zip: expected a zip, found something that cannot be unpacked (File is not a zip file): "
        "pack the files again and hand that in."
    )


def test_a_number_that_belongs_to_a_files_name_stays(toy: Assignment, tmp_path: Path) -> None:
    """`part-1.py` and `part-2.py` are two files, unless a `part.py` is asked for or lies beside them."""
    files = {"kim_12_100_part-1.py": SHAPES, "kim_12_101_other-2.py": SUMS, "lee_13_102_sums.py": SUMS}
    (kim, _) = read_class([make(tmp_path / "a", files)], toy).found
    assert sorted(part.name for part in kim.parts) == ["other-2.py", "part-1.py"]
    assert kim.notes == ()


@pytest.mark.parametrize(
    "names",
    [
        [f"hw3_2024_{number}_kim{number}.py" for number in range(10, 30)],  # one "user" for all
        [f"kim{number}_{number}_03_hw.py" for number in range(20230010, 20230020)],  # one "upload" for all
        ["kim_2023.py", "lee_2024_1_2.py", "park.zip"],
    ],
)
def test_names_that_look_a_little_like_canvas_are_plain(toy: Assignment, tmp_path: Path, names: list[str]) -> None:
    """Then each file is a submission of its own."""
    school = read_class([make(tmp_path / "class", dict.fromkeys(names, SUMS))], toy)
    assert (len(school.found), school.told) == (len(names), ())


def test_files_that_are_not_of_the_layout_are_told_and_graded(toy: Assignment, tmp_path: Path) -> None:
    """Handed in by e-mail, and put beside the others by hand."""
    school = read_class([make(tmp_path / "c", {**CANVAS, "yoon.py": SUMS, "list.csv": "", "leeseoyeon_12345.zip": ""})], toy)
    assert school.told[1] == "leeseoyeon_12345.zip and yoon.py beside them: taken under the name that each has."
    assert [found.id for found in school.found if not found.people] == ["leeseoyeon_12345-2", "yoon"]


# --- Moodle -----------------------------------------------------------------------------------------------------------------------


def test_a_moodle_download_is_a_submission_a_student(toy: Assignment, tmp_path: Path) -> None:
    """Folders and the flat variety; what was typed in is noted, and told where there is nothing else."""
    school = read_class([make(tmp_path / "hw1", MOODLE)], toy)
    assert school.told == ("hw1 was read as a Moodle download of 4 submissions.",)
    assert [(found.id, found.people[0]) for found in school.found] == [
        ("Anne-Marie_O_Brien_1000004", Person("1000004", "Anne-Marie O'Brien")),
        ("Kim_Min_Jun_1000002", Person("1000002", "Kim_Min Jun")),
        ("Seoyeon_Lee_1000001", Person("1000001", "Seoyeon Lee")),
        ("박지민_1000003", Person("1000003", "박지민")),
    ]
    read = submissions(school, toy)
    ignored = "What was typed into Moodle (onlinetext) was not looked at."
    for name in ("Seoyeon_Lee_1000001", "Anne-Marie_O_Brien_1000004"):
        assert isinstance(read[name], Submission)
        assert (list(read[name].files), read[name].notes) == (["shapes.py", "sums.py"], (ignored,))
    assert isinstance(read["Kim_Min_Jun_1000002"], Submission)
    assert read["Kim_Min_Jun_1000002"].notes[0] == "The files were found in hw/ of Kim_Min_Jun_1000002."
    assert read["박지민_1000003"] == (
        "SubmissionError: 박지민_1000003: expected shapes.py and sums.py, or the notebook toy.ipynb, found no .py file and no notebook: "
        "hand in what the homework asks for."
    )


# --- GitHub Classroom -------------------------------------------------------------------------------------------------------------


def test_clones_go_by_the_users_name(toy: Assignment, tmp_path: Path) -> None:
    """What stands before all names is the homework's, up to a hyphen; `.git` is not looked at."""
    school = read_class([make(tmp_path / "clones", GITHUB)], toy)
    assert school.told == (
        "clones was read as a folder of GitHub Classroom clones of 3 submissions.",
        "homework-1- before the names was taken for the homework's name.",
    )
    assert [found.id for found in school.found] == ["andrew", "anna", "team-rocket"]
    read = submissions(school, toy)
    assert isinstance(read["anna"], Submission)
    assert list(read["anna"].files) == ["shapes.py"]
    assert isinstance(read["andrew"], Submission)
    assert read["andrew"].notes[0] == "The files were found in src/ of andrew."


def test_the_folder_that_classroom_makes_says_the_prefix(toy: Assignment, tmp_path: Path) -> None:
    """`gh classroom clone` calls it homework-1-submissions: then one clone is enough, and alike names are no trouble."""
    files = {f"homework-1-kim-{name}/.git/HEAD": "" for name in ("a", "b")}
    school = read_class([make(tmp_path / "homework-1-submissions", files)], toy)
    assert [found.id for found in school.found] == ["kim-a", "kim-b"]
    one = make(tmp_path / "one" / "homework-1-submissions", {"homework-1-kim/shapes.py": SHAPES})
    assert [found.id for found in read_class([one], toy, "github").found] == ["kim"]


def test_folders_without_git_are_plain_unless_asked_for(toy: Assignment, tmp_path: Path) -> None:
    """Their names are left as they are; `--layout github` takes the prefix off."""
    folder = make(tmp_path / "class", {"hw-anna/shapes.py": SHAPES, "hw-andrew/shapes.py": SHAPES})
    assert [found.id for found in read_class([folder], toy).found] == ["hw-andrew", "hw-anna"]
    assert [found.id for found in read_class([folder], toy, "github").found] == ["andrew", "anna"]


# --- Gradescope -------------------------------------------------------------------------------------------------------------------


def test_a_gradescope_export_knows_who_handed_in(toy: Assignment, tmp_path: Path) -> None:
    """Groups too; odd content of the file beside what is needed does no harm."""
    school = read_class([make(tmp_path / "assignment_7_export", GRADESCOPE)], toy)
    assert school.told == (
        "assignment_7_export was read as a Gradescope export of 4 submissions.",
        "submission_504: named in submission_metadata.yml, but not there.",
    )
    unknown = ("submission_metadata.yml does not say who handed this in.",)
    assert [(found.id, found.people, found.notes) for found in school.found] == [
        ("submission_501", (Person("20231111", "Seoyeon Lee", "seoyeon@example.edu"),), ()),
        ("submission_502", (Person("20231112", "김민준"), Person("20231113", "Jiho Park", "jiho@example.edu")), ()),
        ("submission_503", (), unknown),
        ("submission_505", (), unknown),
    ]
    read = submissions(school, toy)
    assert isinstance(read["submission_501"], Submission)
    assert list(read["submission_501"].files) == ["shapes.py", "sums.py"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "",
            "submission_metadata.yml: expected what Gradescope exports (a mapping of folders), found something else: export it again.",
        ),
        (
            "- a\n- b\n",
            "submission_metadata.yml: expected what Gradescope exports (a mapping of folders), found something else: export it again.",
        ),
        (
            "submission_1:\n  :submitters: [\n",
            "submission_metadata.yml, line 3: expected what Gradescope exports, found no YAML (did not find expected node content): "
            "export it again.",
        ),
        (
            "submission_1: {a: *b}\n\x07",
            "submission_metadata.yml: expected what Gradescope exports, found no YAML (control characters are not allowed): "
            "export it again.",
        ),
    ],
)
def test_metadata_that_is_none_is_one_sentence(toy: Assignment, tmp_path: Path, text: str, sentence: str) -> None:
    """File, line, what to do."""
    with pytest.raises(UsageError) as caught:
        read_class([make(tmp_path / "e", {**GRADESCOPE, "submission_metadata.yml": text})], toy)
    assert str(caught.value).replace("special characters are not allowed", "control characters are not allowed") == sentence


@pytest.mark.parametrize(
    "submitters",
    [
        "null",
        "[]",
        "nobody",
        "[nobody, [1, 2]]",
        "[{':name': {a: b}}]",
        "[{? [x] : y}]",
        "{':name': Lee}",
        "[&a {':name': ''}, *a]",
    ],
)
def test_odd_submitters_are_nobody(toy: Assignment, tmp_path: Path, submitters: str) -> None:
    """The submission is graded all the same."""
    files = {"submission_metadata.yml": f"submission_1:\n  :submitters: {submitters}\n", "submission_1/sums.py": SUMS}
    (found,) = read_class([make(tmp_path / "e", files)], toy).found
    assert (found.id, found.people) == ("submission_1", ())


# --- all ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "assignment_7_export/", "a/b/"])
@pytest.mark.parametrize("files", [CANVAS, MOODLE, GRADESCOPE], ids=["canvas", "moodle", "gradescope"])
def test_the_zip_as_it_was_downloaded_is_the_same_class(toy: Assignment, tmp_path: Path, files: dict[str, str], below: str) -> None:
    """Nobody has to unpack it first, and nothing is unpacked to disk."""
    unpacked = read_class([make(tmp_path / "class", files)], toy)
    path = pack(tmp_path / "zip" / "class.zip", files, below)
    packed = read_class([path], toy)
    assert [(found.id, found.notes, found.people, found.late) for found in packed.found] == [
        (found.id, found.notes, found.people, found.late) for found in unpacked.found
    ]
    assert packed.told[0] == unpacked.told[0].replace("class was", "class.zip was")
    assert submissions(packed, toy) == submissions(unpacked, toy)
    assert list((tmp_path / "zip").iterdir()) == [path]


@pytest.mark.parametrize("files", [CANVAS, MOODLE, GITHUB, GRADESCOPE], ids=["canvas", "moodle", "github", "gradescope"])
def test_plain_is_what_the_folder_holds(toy: Assignment, tmp_path: Path, files: dict[str, str]) -> None:
    """`--layout plain`: every folder and file by its own name."""
    folder = make(tmp_path / "class", files)
    school = read_class([folder], toy, "plain")
    readable = [path for path in folder.iterdir() if path.is_dir() or path.suffix in (".py", ".ipynb", ".zip")]
    assert (len(school.found), school.told) == (len(readable), ())


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("canvas", "a Canvas download (lastnamefirst_12345_67890_file.py)"),
        ("moodle", "a Moodle download (Full Name_1234567_assignsubmission_file_)"),
        ("github", "GitHub Classroom clones (homework-1-username/)"),
        ("gradescope", "a Gradescope export (submission_12345/ and submission_metadata.yml)"),
    ],
)
def test_a_layout_that_was_asked_for_and_is_not_there_is_told(
    toy: Assignment, tmp_path: Path, layout: Layout, expected: str
) -> None:
    """What was expected, what was found."""
    folder = make(tmp_path / "class", {f"{name}.py": SUMS for name in ("a", "b", "c", "d", "e")})
    with pytest.raises(UsageError) as caught:
        read_class([folder], toy, layout)
    assert str(caught.value) == f"{folder}: expected {expected}, found a.py, b.py, c.py and 2 others."


def test_one_students_own_folder_is_no_class(toy: Assignment, tmp_path: Path) -> None:
    """The assignment's own file in it says so, whatever else lies there."""
    folder = make(
        tmp_path / "kim", {"shapes.py": SHAPES, "kim_12_13_x.py": "", "lee_14_15_y.py": "", "a_assignsubmission_file_": ""}
    )
    school = read_class([folder], toy)
    assert ([found.id for found in school.found], school.told) == (["kim"], ())


def test_several_folders_of_different_layouts_are_one_class(toy: Assignment, tmp_path: Path) -> None:
    """Ids stay different, whatever they are made of."""
    folders = [
        make(tmp_path / "a", CANVAS),
        make(tmp_path / "b", MOODLE),
        make(tmp_path / "c", {"anna.py": SUMS}),
        make(tmp_path / "d", GITHUB),
    ]
    school = read_class(folders, toy)
    ids = [found.id for found in school.found]
    assert ids == sorted(ids)
    assert len(set(ids)) == 4 + 4 + 1 + 3
    assert {"anna", "anna-2"} <= set(ids)
