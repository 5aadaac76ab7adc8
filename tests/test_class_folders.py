"""A class as it is downloaded, with its roster: who gets which grade, and what is told."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.classroom.grading import grade_class
from grader.classroom.whose import rows_of
from grader.homework.assignment import load_assignment
from grader.intake.discovery import Found
from grader.intake.people import Person, Roster, read_roster
from tests.packing.making import zip_of
from tests.packing.traps import SHAPES, SUMS

WRONG = SUMS.replace("totals[-1] if totals else 0", "0")
CANVAS: Mapping[str, str | bytes] = {
    "leeseoyeon_12345_900001_shapes.py": SHAPES,
    "leeseoyeon_12345_900002_sums-1.py": SUMS,
    "kimminjun_LATE_12346_900003_shapes.py": SHAPES,
    "kimminjun_LATE_12346_900004_sums.py": WRONG,
    "parkjiho_12347_900005_hw1.zip": zip_of({"hw1/shapes.py": SHAPES, "hw1/sums.py": SUMS}),
    "choiyuna_12348_900006_report.pdf": "%PDF",
    "stranger_99999_900007_toy.ipynb": "",
}
ROSTER = (
    "Student,ID,SIS Login ID,Section,Team\n    Points Possible,,,,\n"
    '"Lee, Seoyeon",12345,seoyeon,A,\n"Kim, Minjun",12346,minjun,A,Alpha\n"Bae, Junseo",12350,junseo,A,Alpha\n'
    '"Park, Jiho",12347,jiho,A,\n"Choi, Yuna",12348,yuna,A,\n"Yoon, Jiwoo",12349,jiwoo,A,\n'
)


def make(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.sandbox
def test_a_canvas_download_with_a_roster(toy_course: Path, tmp_path: Path) -> None:
    """A line a student: late ones, a group, one who handed in nothing, one who is not on the roster."""
    folder = make(tmp_path / "submissions", CANVAS)
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8-sig")
    out = tmp_path / "grades"
    arguments = ["grade", "toy", str(folder), "-o", str(out), "--roster", str(tmp_path / "roster.csv"), "-j", "1"]
    run = subprocess.run(
        [sys.executable, "-m", "grader", *arguments], cwd=toy_course, capture_output=True, text=True, timeout=300, check=False
    )
    assert (run.returncode, run.stderr) == (1, "")  # two cannot be read
    assert run.stdout.splitlines()[:3] == [
        "submissions was read as a Canvas download of 5 submissions.",
        "1 of 6 on the roster handed in nothing: Yoon, Jiwoo.",
        "Nobody on the roster matches stranger_99999: graded, and listed at the end of grades.csv.",
    ]
    rows = table(out / "grades.csv")
    columns = ["id", "name", "group", "submission", "status", "late", "score", "max_score", "not_graded", "Q1", "Q2", "notes"]
    assert list(rows["12345"]) == columns
    shown = {key: tuple(row[name] for name in columns[1:9]) for key, row in rows.items()}
    assert shown == {
        "12345": ("Lee, Seoyeon", "", "leeseoyeon_12345", "graded", "", "10", "10", "0"),
        "12346": ("Kim, Minjun", "Alpha", "kimminjun_12346", "graded", "late", "4", "10", "0"),
        "12350": ("Bae, Junseo", "Alpha", "kimminjun_12346", "graded", "late", "4", "10", "0"),
        "12347": ("Park, Jiho", "", "parkjiho_12347", "graded", "", "10", "10", "0"),
        "12348": ("Choi, Yuna", "", "choiyuna_12348", "not graded", "", "", "0", "10"),
        "12349": ("Yoon, Jiwoo", "", "", "no submission", "", "", "", ""),
        "99999": ("stranger", "", "stranger_99999", "not graded", "", "", "0", "10"),
    }
    assert list(rows) == ["12345", "12346", "12350", "12347", "12348", "12349", "99999"]
    assert rows["12346"]["notes"] == "Handed in late, as Canvas says."
    assert rows["12350"]["notes"] == "handed in by the group as kimminjun_12346. Handed in late, as Canvas says."
    assert rows["99999"]["notes"].startswith("not on the roster. toy.ipynb is empty")


@pytest.mark.sandbox
def test_a_layout_alone_gives_names_and_each_member_of_a_group_the_grade(toy_course: Path, tmp_path: Path) -> None:
    """Gradescope says who handed in; no roster is needed. A late or different way of handing in is another report."""
    metadata = (
        "submission_1:\n  :submitters:\n  - :name: Seoyeon Lee\n    :sid: '11'\n    :email: s@example.edu\n"
        "  - :name: =cmd()\n    :sid: '12'\n    :email: m@example.edu\n"
    )
    folder = make(
        tmp_path / "export", {"submission_metadata.yml": metadata, "submission_1/shapes.py": SHAPES, "submission_1/sums.py": SUMS}
    )
    told: list[str] = []
    assignment = load_assignment("toy", toy_course)
    grade_class(assignment, [folder], tmp_path / "out", jobs=1, on_found=told.append)
    assert told == ["export was read as a Gradescope export of 1 submission."]
    rows = table(tmp_path / "out/grades.csv")
    names = ("name", "email", "submission", "status", "score")
    assert {key: tuple(row[name] for name in names) for key, row in rows.items()} == {
        "11": ("Seoyeon Lee", "s@example.edu", "submission_1", "graded", "10"),
        "12": ("'=cmd()", "m@example.edu", "submission_1", "graded", "10"),
    }
    again = grade_class(assignment, [folder], tmp_path / "out", jobs=1)
    assert again.graded == 0


# --- who gets what ------------------------------------------------------------------------------------------------------------------


def found(name: str, *people: Person, late: bool = False, turn: int = 0) -> Found:
    return Found(name, Path(name), people=people, late=late, turn=turn)


CLASS = Roster([
    Person("11", "Seoyeon Lee", group="A"),
    Person("12", "Minjun Kim", group="A"),
    Person("13", "Jiho Park", group="B"),
    Person("14", "Jiho Park"),
])  # fmt: skip


def rows(*submissions: Found) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """(id or name, submission, note) of each row; and what is told."""
    result = rows_of(submissions, CLASS)
    assert result is not None
    return [(row.person.id or row.person.name, row.submission, row.note) for row in result.rows], result.told


def test_without_a_roster_a_plain_class_has_no_people() -> None:
    """Then grades.csv is as it always was."""
    assert rows_of([found("kim"), found("lee")], None) is None


def test_a_group_that_hands_in_twice() -> None:
    """Each has what they handed in; of a group, the latest counts for those who did not."""
    submitted = found("seoyeon lee", turn=1), found("minjun kim", turn=2), found("b", turn=1), found("B", turn=5)
    lines, told = rows(*submitted)
    assert lines == [
        ("11", "seoyeon lee", "not counted: minjun kim"),
        ("12", "minjun kim", "not counted: seoyeon lee"),
        ("13", "B", "handed in by the group as B; not counted: b"),
        ("14", "", ""),
    ]
    assert told == ("1 of 4 on the roster handed in nothing: Jiho Park.",)


def test_who_cannot_be_told_is_for_the_instructor_to_decide() -> None:
    """Two of one name: neither gets a grade that may not be theirs."""
    lines, told = rows(found("x", Person("", "Jiho Park")), found("11"), found("12"))
    assert lines[2:] == [("13", "", ""), ("14", "", ""), ("Jiho Park", "x", "may be several on the roster")]
    assert told[1] == "x may be of Jiho Park (13) or Jiho Park (14): listed at the end of grades.csv, for you to decide."


def test_the_same_student_twice_at_one_time_has_two_lines() -> None:
    """A file and a zip in a plain folder: nothing says which is meant."""
    lines, _ = rows(found("11"), found("hw 11", Person("11")))
    note = "handed in 2 times (11 and hw 11): a line for each"
    assert lines[:2] == [("11", "11", note), ("11", "hw 11", note)]


def test_a_member_of_a_group_who_is_not_on_the_roster_has_a_line() -> None:
    """The others of the submission have theirs as usual."""
    lines, told = rows(found("s", Person("13"), Person("77", "New Student")))
    assert ("13", "s", "") in lines
    assert lines[-1] == ("77", "s", "not on the roster")
    assert len(told) == 1


def test_a_roster_that_is_read_joins_by_what_a_layout_knows(tmp_path: Path) -> None:
    """GitHub's user names, from the list that its classroom exports."""
    (tmp_path / "classroom_roster.csv").write_text("identifier,github_username,name\n2023,anna-b,Anna Bach\n", encoding="utf-8")
    result = rows_of([found("anna-b", Person("anna-b", keys=("hw-anna-b",)))], read_roster(tmp_path / "classroom_roster.csv"))
    assert result is not None
    assert [(row.person.name, row.submission) for row in result.rows] == [("Anna Bach", "anna-b")]
    assert result.told == ()
