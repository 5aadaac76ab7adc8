"""`grader.intake.people`: rosters as courses' systems export them, and who is meant by a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.intake.people import Person, Roster, read_roster

LEE, KIM = Person("20231111", "Seoyeon Lee", "seoyeon@example.edu"), Person("20231112", "김민준", "minjun@example.edu")


def roster(tmp_path: Path, content: str | bytes) -> tuple[Person, ...]:
    path = tmp_path / "roster.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_roster(path).people


@pytest.mark.parametrize(
    "content",
    [
        "id,name,email\n20231111,Seoyeon Lee,seoyeon@example.edu\n20231112,김민준,minjun@example.edu\n",
        "E-Mail;Student ID;Full Name\r\nseoyeon@example.edu;20231111;Seoyeon Lee\r\nminjun@example.edu;20231112;김민준\r\n",
        "sep=;\nID;NAME;EMAIL\n20231111;Seoyeon Lee;seoyeon@example.edu\n20231112;김민준;minjun@example.edu",
        "학번\t이름\t이메일\n20231111\t Seoyeon  Lee\tseoyeon@example.edu\n\n"
        "20231112\t김민준\tminjun@example.edu\n20231112\t김민준\tminjun@example.edu",
    ],
)
def test_columns_are_found_by_name_whatever_separates_them(tmp_path: Path, content: str) -> None:
    """In any case and order; blank lines and the second line of somebody are none."""
    assert roster(tmp_path, content) == (LEE, KIM)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_encodings_that_excel_writes_are_read(tmp_path: Path, encoding: str) -> None:
    """With a mark or without."""
    assert roster(tmp_path, "학번,이름,email\n20231112,김민준,minjun@example.edu\n".encode(encoding)) == (KIM,)


def test_canvas_gradebook_is_a_roster(tmp_path: Path) -> None:
    """Its row of possible points and its test student are nobody."""
    content = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77)\n    Points Possible,,,,,100\n"
        '"Lee, Seoyeon",12345,20231111,seoyeon,A,\n"Student, Test",99,,f00,A,\n'
    )
    assert roster(tmp_path, content) == (Person("12345", "Lee, Seoyeon", keys=("20231111", "seoyeon")),)


def test_moodles_worksheet_is_a_roster(tmp_path: Path) -> None:
    """Its participants' numbers are those in the names of its folders."""
    content = (
        '\ufeffIdentifier,"Full name","Email address",Status,Grade\n"Participant 1000001","Seoyeon Lee",seoyeon@example.edu,,\n'
    )
    assert roster(tmp_path, content) == (Person("1000001", "Seoyeon Lee", "seoyeon@example.edu"),)


def test_gradescopes_and_githubs_rosters_are_rosters(tmp_path: Path) -> None:
    """First and last name make a name; user names are ids."""
    scope = "First Name,Last Name,SID,Email,Sections\nSeoyeon,Lee,20231111,seoyeon@example.edu,A\n"
    assert roster(tmp_path, scope) == (LEE,)
    hub = "identifier,github_username,github_id,name\n20231111,seoyeon-lee,4242,Seoyeon Lee\n"
    assert roster(tmp_path, hub) == (Person("20231111", "Seoyeon Lee", keys=("seoyeon-lee", "4242")),)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "expected a first line with columns such as id, name, email and group, found nothing."),
        ("grade,points\n1,2\n", "expected a first line with columns such as id, name, email and group, found 'grade', 'points'."),
        ("id,name\n", "expected a line for each student, found none."),
        ("id,name\n,\n", "expected a line for each student, found none."),
    ],
)
def test_what_is_no_roster_is_told(tmp_path: Path, content: str, sentence: str) -> None:
    """What was expected, what was found."""
    with pytest.raises(UsageError) as caught:
        roster(tmp_path, content)
    assert str(caught.value) == f"{tmp_path}/roster.csv: {sentence}"


def test_a_roster_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Not there, a spreadsheet and no text."""
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\): expected the roster, a CSV file\.$"):
        read_roster(tmp_path / "no.csv")
    with pytest.raises(UsageError, match=r"^The roster cannot be read: roster\.csv, line 1: expected text"):
        roster(tmp_path, b"PK\3\4\0\0\0\0\xff")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.text(st.sampled_from('idname,;\t"\n\r\0학번이름=@-'), max_size=60).map(str.encode)))
def test_any_file_is_a_roster_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    """Never a traceback."""
    try:
        assert roster(tmp_path, content)
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both ways out are right


# --- matching ---------------------------------------------------------------------------------------------------------------------

CLASS = Roster([
    Person("20231111", "Seoyeon Lee", "seoyeon@example.edu", "1", ("seoyeon-lee", "12345")),
    Person("20231112", "김민준", "minjun@example.edu", "1", ("12346",)),
    Person("20231113", "Park, Ji-ho", "jiho@example.edu", "2"),
    Person("20231114", "Minjun Kim", "mkim@example.edu", "2"),
    Person("20231115", "Minjun Kim", "minjun.kim@example.edu"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("person", "places"),
    [
        (Person("20231112"), [1]),
        (Person("12345", "somebody"), [0]),
        (Person("SEOYEON-LEE"), [0]),
        (Person("", "x", "JIHO@example.edu"), [2]),
        (Person("jiho"), [2]),
        (Person("", "leeseoyeon"), [0]),
        (Person("", "Lee, Seoyeon"), [0]),
        (Person("", "Ji-ho Park"), [2]),
        (Person("", "parkjiho"), [2]),
        (Person("", "김민준"), [1]),
        (Person("", "Kim Minjun"), [3, 4]),
        (Person("20231115", "Minjun Kim"), [4]),
        (Person("999", "Nobody"), []),
        (Person(), []),
    ],
)
def test_a_person_is_found_by_id_then_e_mail_then_name(person: Person, places: list[int]) -> None:
    """Family name first or last; two of one name are two."""
    assert CLASS.find(person) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("20231112", [1]),
        ("20231112_hw3", [1]),
        ("hw3-20231113-v2", [2]),
        ("과제1_김민준", [1]),
        ("lee_seoyeon", [0]),
        ("hw1_seoyeon_lee_final", [0]),
        ("seoyeonlee", [0]),
        ("jiho", [2]),
        ("minjun_kim", [3, 4]),
        ("seoyeon", [0]),
        ("hw3", []),
        ("1", []),
        ("", []),
    ],
)
def test_a_name_of_a_file_may_tell_who_it_is(text: str, places: list[int]) -> None:
    """By a number, a user name, or all words of a name in it."""
    assert CLASS.find_by_words(text) == places


def test_groups_are_found_by_name() -> None:
    """None is no group."""
    assert CLASS.group("1") == [0, 1]
    assert CLASS.group("") == CLASS.group("3") == []
