"""`grader.classroom.gradebook`, `grader.storage`, `grader.classroom.grades_csv`: what was graded is on disk, whole, and found again."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from grader.classroom.gradebook import SCHEMA_VERSION, Gradebook, export_csv
from grader.errors import GraderError, MachineLacks
from grader.messages import CheckResult, Environment, QuestionResult, Report, SubmissionInfo
from grader.outcomes import Fault, Outcome, Visibility
from grader.storage import write_atomically


def report(
    who: str = "kim",
    score: float = 7.5,
    *,
    assignment: str = "toy",
    submission: str = "s1",
    assignment_digest: str = "a1",
    harness_digest: str = "h1",
    questions: Sequence[QuestionResult] | None = None,
    notes: tuple[str, ...] = ("sums.py was read as cp949: it is not saved in UTF-8.",),
) -> Report:
    """A report with everything in it."""
    check = CheckResult(
        name="test_area",
        title="area(3, 4) is 12",
        outcome=Outcome.FAILED,
        points=0.0,
        max_points=2.5,
        visibility=Visibility.HIDDEN,
        message="expected 12, found 7",
        hint="넓이는 곱입니다",
        staff_message="area_adds",
        fault=Fault.STUDENT,
    )
    if questions is None:
        questions = (QuestionResult("Q1", "Area", score, 10.0, (check,)),)
    return Report(
        assignment=assignment,
        assignment_digest=assignment_digest,
        harness_digest=harness_digest,
        submission=SubmissionInfo(who, submission, ("shapes.py", "sums.py")),
        score=score,
        max_score=10.0,
        questions=tuple(questions),
        environment=Environment("2.11", "cpu", ("landlock",), 7, {"numpy": "2"}, {"seconds": 10.0}),
        notes=notes,
    )


def find(book: Gradebook, who: str = "kim", submission: str = "s1", assignment: str = "a1", harness: str = "h1") -> Report | None:
    return book.find("toy", who, submission, assignment, harness)


def run_python(program: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=60)


def failure(path: str | Path) -> str:
    with pytest.raises(GraderError) as caught:
        Gradebook(path)
    return str(caught.value)


# --- what was recorded is found ---------------------------------------------------------------------------------------------------


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    """Everything in it, down to each check, after the book was closed."""
    path = tmp_path / "gradebook.sqlite"
    with Gradebook(path) as book:
        book.record(report())
    with Gradebook(path) as book:
        assert find(book) == report()


@pytest.mark.parametrize("other", [{"who": "lee"}, {"submission": "s2"}, {"assignment": "a2"}, {"harness": "h2"}])
def test_a_report_is_found_by_all_of_its_key(tmp_path: Path, other: dict[str, str]) -> None:
    """Another submission, a changed one, changed checks, a changed harness: all have to be graded."""
    with Gradebook(tmp_path / "book") as book:
        book.record(report())
        assert find(book, **other) is None
        assert book.find("other homework", "kim", "s1", "a1", "h1") is None


def test_recording_again_replaces(tmp_path: Path) -> None:
    """`--redo` leaves one report, the new one."""
    with Gradebook(tmp_path / "book") as book:
        book.record(report(score=3))
        book.record(report(score=8))
        assert find(book) == report(score=8)
        assert book.latest("toy") == [report(score=8)]


def test_the_latest_report_of_each_submission_is_told_in_the_order_of_ids(tmp_path: Path) -> None:
    """Whatever was recorded in which order, and for that homework alone."""
    with Gradebook(tmp_path / "book") as book:
        for each in (
            report("lee", 1),
            report("kim", 2),
            report("lee", 3, submission="s2"),
            report("an", 4, assignment="other"),
            report("an", 5),
            report("kim", 6, assignment_digest="a2"),
        ):
            book.record(each)
        assert [(each.submission.id, each.score) for each in book.latest("toy")] == [("an", 5), ("kim", 6), ("lee", 3)]
        assert book.latest("nothing") == []


def test_going_back_to_an_earlier_version_brings_back_its_grade(tmp_path: Path) -> None:
    """A student who hands in the first version again has that version's grade, without grading."""
    path = tmp_path / "book"
    with Gradebook(path) as book:
        book.record(report(score=9, submission="s1"))
        book.record(report("lee", 4))
        book.record(report(score=2, submission="s2"))
        assert [each.score for each in book.latest("toy")] == [2, 4]
        assert find(book, submission="s1") == report(score=9)
        assert [each.score for each in book.latest("toy")] == [9, 4]
    with Gradebook(path) as book:
        assert [each.score for each in book.latest("toy")] == [9, 4]


def test_names_may_be_anything(tmp_path: Path) -> None:
    """Quotes, per cent signs, Korean: in ids, and in the path of the book itself."""
    with Gradebook(tmp_path / "성적 #1? 100%.sqlite") as book:
        book.record(report("'; drop table grader_reports; --"))
        book.record(report("김철수 %s"))
        assert [each.submission.id for each in book.latest("toy")] == ["'; drop table grader_reports; --", "김철수 %s"]
    assert (tmp_path / "성적 #1? 100%.sqlite").is_file()


def test_a_url_is_a_database_like_a_path(tmp_path: Path) -> None:
    """Any that SQLAlchemy knows."""
    with Gradebook(f"sqlite:///{tmp_path / 'book'}") as book:
        book.record(report())
    with Gradebook(tmp_path / "book") as book:
        assert find(book) == report()


def test_scores_can_be_asked_for_in_sql(tmp_path: Path) -> None:
    """Without decoding reports."""
    with Gradebook(tmp_path / "book") as book:
        book.record(report())
    with contextlib.closing(sqlite3.connect(tmp_path / "book")) as database:
        rows = database.execute("select submission_id, score, max_score, not_graded from grader_reports").fetchall()
    assert rows == [("kim", 7.5, 10.0, 0.0)]


# --- nothing is lost --------------------------------------------------------------------------------------------------------------


def test_commits_go_to_a_write_ahead_log(tmp_path: Path) -> None:
    """A killed run loses none; the log is forced to disk at its checkpoints (1 is NORMAL), not at every commit."""
    with Gradebook(tmp_path / "book") as book, book._engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 1


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_run_that_is_killed_loses_no_report_that_was_recorded(tmp_path: Path) -> None:
    """The process dies by SIGKILL after its third report, with the book open: three are there, and the book goes on."""
    program = """
        import os, signal, sys, msgspec
        from grader.classroom.gradebook import Gradebook
        from grader.messages import Report
        first = msgspec.json.decode(sys.argv[2].encode(), type=Report)

        def named(name, **changed):
            return msgspec.structs.replace(first, submission=msgspec.structs.replace(first.submission, id=name), **changed)

        book = Gradebook(sys.argv[1])
        for number in range(3):
            book.record(named(f"s{number}", score=float(number)))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    path = tmp_path / "book"
    ran = run_python(program, path, msgspec.json.encode(report()).decode())
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    with Gradebook(path) as book:
        assert [(each.submission.id, each.score) for each in book.latest("toy")] == [("s0", 0), ("s1", 1), ("s2", 2)]
        book.record(report("s3"))
        assert len(book.latest("toy")) == 4


def test_two_may_write_and_read_at_once(tmp_path: Path) -> None:
    """One waits for the other; a reader sees what is recorded."""
    path = tmp_path / "book"
    with Gradebook(path) as one, Gradebook(path) as two:
        for number in range(10):
            one.record(report(f"a{number}"))
            two.record(report(f"b{number}"))
        assert len(one.latest("toy")) == len(two.latest("toy")) == 20


def test_four_processes_may_open_a_new_book_at_once(tmp_path: Path) -> None:
    """Only one of them makes the tables, and no report is lost."""
    program = """
        import sys, msgspec
        from grader.classroom.gradebook import Gradebook
        from grader.messages import Report
        first = msgspec.json.decode(sys.argv[2].encode(), type=Report)

        def named(name, **changed):
            return msgspec.structs.replace(first, submission=msgspec.structs.replace(first.submission, id=name), **changed)

        with Gradebook(sys.argv[1]) as book:
            for number in range(5):
                book.record(named(f"{sys.argv[3]}{number}"))
    """
    data = msgspec.json.encode(report()).decode()
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "book"), data]
    running = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in "abcd"]
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], errors
    with Gradebook(tmp_path / "book") as book:
        assert len(book.latest("toy")) == 20


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits on file sizes")
def test_a_disk_that_is_full_is_told_and_what_is_recorded_stays(tmp_path: Path) -> None:
    """Writing past the allowed size fails as on a full disk: one sentence, no half report, and the book opens again."""
    program = """
        import resource, sys, msgspec
        from grader.errors import MachineLacks
        from grader.classroom.gradebook import Gradebook
        from grader.messages import Report
        first = msgspec.json.decode(sys.argv[2].encode(), type=Report)

        def named(name, **changed):
            return msgspec.structs.replace(first, submission=msgspec.structs.replace(first.submission, id=name), **changed)

        kept = 0
        with Gradebook(sys.argv[1]) as book:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
            try:
                for number in range(500):
                    book.record(named(f"s{number:03}"))
                    kept += 1
            except MachineLacks as error:
                print(kept, error)
    """
    path = tmp_path / "book"
    ran = run_python(program, path, msgspec.json.encode(report(notes=("x" * 5000,))).decode())
    kept, _, sentence = ran.stdout.strip().partition(" ")
    assert sentence == (
        f"{path} cannot be written (disk I/O error): check that the disk is in order and has room for you, and run the same command "
        "again; what is recorded stays recorded."
    ), ran.stderr
    assert 5 < int(kept) < 500
    with Gradebook(path) as book:
        assert [each.submission.id for each in book.latest("toy")] == [f"s{number:03}" for number in range(int(kept))]
        book.record(report("one more"))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a file system needs root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this machine mounts nothing: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_file_system_is_told(tiny_disk: Path) -> None:
    """On a real one of 256 KB, the book and a file beside it: a sentence each, and what was there stays as it was."""
    kept = 0
    with Gradebook(tiny_disk / "book") as book:
        write_atomically(tiny_disk / "small", b"old")
        sentence = ""
        while kept < 500 and not sentence:
            try:
                book.record(report(f"s{kept:03}", notes=("x" * 5000,)))
                kept += 1
            except MachineLacks as error:
                sentence = str(error)
        assert sentence == (
            f"{tiny_disk}/book cannot be written: expected room on the disk, found it full: free some space and run the same command "
            "again; what is recorded stays recorded."
        )
        assert len(book.latest("toy")) == kept > 5
        with pytest.raises(MachineLacks, match="found it full"):
            write_atomically(tiny_disk / "small", b"x" * 300_000)
    assert (tiny_disk / "small").read_bytes() == b"old"
    assert {child.name for child in tiny_disk.iterdir()} <= {"book", "book-shm", "book-wal", "small"}


# --- what is no gradebook ---------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    """Some other file under that name."""
    path = tmp_path / "gradebook.sqlite"
    path.write_text("id,score\nkim,7\n" * 100)
    assert failure(path) == f"{path} is no gradebook (file is not a database): move it away or name another file."
    assert path.read_text() == "id,score\nkim,7\n" * 100


def test_somebody_elses_database_is_told_and_left_alone(tmp_path: Path) -> None:
    """Its tables are named, and none is added."""
    path = tmp_path / "history.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("create table visits (url text)")
        database.commit()
    assert failure(path) == f"{path} is no gradebook: expected its own tables, found visits: name another file."
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("select name from sqlite_master").fetchall() == [("visits",)]


def test_a_book_of_a_newer_grader_is_told(tmp_path: Path) -> None:
    """It is not written in a way that the newer one would not understand."""
    path = tmp_path / "book"
    Gradebook(path).close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("update grader_gradebook set schema_version = 7")
        database.commit()
    assert failure(path) == (
        f"{path} was written by a newer grader: expected schema version {SCHEMA_VERSION}, found 7: update grader or name another file."
    )


def test_a_report_that_is_none_is_told(tmp_path: Path) -> None:
    """Somebody edited the database."""
    path = tmp_path / "book"
    with Gradebook(path) as book:
        book.record(report())
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("update grader_reports set report = '{}'")
            database.commit()
        with pytest.raises(GraderError) as caught:
            find(book)
    assert str(caught.value) == (
        f"{path} holds a report that is none (Object missing required field `assignment`): move the file away and run again."
    )


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """SQLite's own reason comes along."""
    path = tmp_path / "missing" / "book"
    assert failure(path) == f"{path} cannot be used (unable to open database file): check that it can be reached and written."


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nosuch://host/grades", "nosuch://host/grades is no database that SQLAlchemy knows"),
        (
            "postgresql+asyncpgx://kim:secret@host/grades",
            "postgresql+asyncpgx://kim:***@host/grades is no database that SQLAlchemy",
        ),
        ("://", "The gradebook's URL cannot be read: expected such as postgresql://user@host/grades."),
        (
            "oracle+cx_oracle://kim:secret@host/x",
            "oracle+cx_oracle://kim:***@host/x needs the Python package cx_Oracle: install it",
        ),
    ],
)
def test_a_url_that_leads_to_no_database_is_told_without_its_password(url: str, sentence: str) -> None:
    """Unknown kinds, missing drivers, no URL at all; what is secret stays so."""
    found = failure(url)
    assert found.startswith(sentence)
    assert "secret" not in found


# --- files ------------------------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """A reader that had the old one open still has all of it; nothing else is left in the folder."""
    path = tmp_path / "report.json"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"
    assert [child.name for child in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_file_has_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    """Those of the umask, and not those of a temporary file."""
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "report.json", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640


@pytest.mark.parametrize("path", ["missing/report.json", "folder"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, path: str) -> None:
    """A folder that is not there, or one under that very name; nothing is left beside it."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(GraderError) as caught:
        write_atomically(tmp_path / path, b"x")
    assert str(caught.value).startswith(f"{tmp_path / path} cannot be written (")
    assert str(caught.value).endswith("): check that its folder is there and writable.")
    assert [child.name for child in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits on file sizes")
def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    """A full disk costs the new content, and nothing else."""
    program = """
        import resource, sys
        from pathlib import Path
        from grader.errors import MachineLacks
        from grader.storage import write_atomically
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            write_atomically(Path(sys.argv[1]), b"x" * 100_000)
        except MachineLacks as error:
            print(error)
    """
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    ran = run_python(program, path)
    assert ran.stdout.startswith(f"{path} cannot be written: expected room on the disk, found it full: free some space"), ran.stderr
    assert path.read_bytes() == b"old"
    assert [child.name for child in tmp_path.iterdir()] == ["report.json"]


# --- grades.csv -------------------------------------------------------------------------------------------------------------------


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_grades_are_a_line_a_submission_and_a_column_a_question(tmp_path: Path) -> None:
    """Numbers without needless digits; a question that a report has not is an empty cell."""
    one = [QuestionResult("Q1", "Area", 4.0, 4.0, ()), QuestionResult("Q2", "Totals", 1 / 3, 6.0, ())]
    two = [QuestionResult("Q2", "Totals", 0.0, 6.0, ()), QuestionResult("Q3", "Bonus", 0.1 + 0.2, 1.0, ())]
    export_csv(tmp_path / "grades.csv", [report("kim", 4.5, questions=one), report("이영희", 0, questions=two, notes=())])
    assert rows(tmp_path / "grades.csv") == [
        ["id", "score", "max_score", "not_graded", "Q1", "Q2", "Q3", "notes"],
        ["kim", "4.5", "10", "0", "4", "0.3333333333", "", "sums.py was read as cp949: it is not saved in UTF-8."],
        ["이영희", "0", "10", "0", "", "0", "0.3", ""],
    ]


def test_what_was_not_graded_is_no_zero(tmp_path: Path) -> None:
    """A question, or a whole submission, that nobody could grade is an empty cell."""
    questions = [QuestionResult("Q1", "Area", 0.0, 0.0, (), not_graded=4.0), QuestionResult("Q2", "Totals", 0.0, 6.0, ())]
    partly = msgspec.structs.replace(report("kim", 0, questions=questions), max_score=6.0, not_graded=4.0)
    wholly = msgspec.structs.replace(report("lee", 0, questions=questions[:1]), max_score=0.0, not_graded=10.0)
    export_csv(tmp_path / "grades.csv", [partly, wholly])
    assert [row[:-1] for row in rows(tmp_path / "grades.csv")[1:]] == [
        ["kim", "0", "6", "4", "", "0"],
        ["lee", "", "0", "10", "", ""],
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        (" =1", "'=1"),
        ("\r\n=1", "'=1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ('한글, "quoted"\nand more', '한글, "quoted" and more'),
        ("half \udc80 a character", "half \\udc80 a character"),
        ("", ""),
    ],
)
def test_no_text_is_a_formula(tmp_path: Path, text: str, cell: str) -> None:
    """A spreadsheet would run what begins with =, +, - or @; negative numbers stay numbers."""
    export_csv(tmp_path / "grades.csv", [report(text or "x", -1.5, notes=(text,))])
    row = rows(tmp_path / "grades.csv")[1]
    assert (row[0], row[1], row[-1]) == (cell or "x", "-1.5", cell)


def test_no_reports_are_a_heading(tmp_path: Path) -> None:
    """An empty class has an empty table."""
    export_csv(tmp_path / "grades.csv", [])
    assert (tmp_path / "grades.csv").read_text() == "id,score,max_score,not_graded,notes\n"
