"""The example class, graded from end to end and held to what its `expected.toml` says."""

from __future__ import annotations

import csv
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grader.classroom.grading import Grades, grade_class
from grader.homework.assignment import Assignment, load_assignment
from grader.homework.mistakes import load_mistakes
from grader.intake.submission import discover, read_submission
from grader.messages import CheckResult, QuestionResult, Report
from grader.outcomes import Fault, Outcome
from grader.sandbox.plan import Layer

# one worker of a parallel test run grades the class, for all tests
pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("example_class")]

COURSE = Path(__file__).parents[1]
CLASS = Path(__file__).parent / "example_class"
EXPECTED = tomllib.loads((CLASS / "expected.toml").read_text(encoding="utf-8"))
STUDENTS: dict[str, dict[str, object]] = EXPECTED["students"]
CANARY = "b2f3c0d15e"  # stands in the grader's environment
MARK = b"wonbin-"  # in the name or the command line of every process that cho_wonbin starts


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment("lenet_and_losses", COURSE)


@pytest.fixture(scope="module")
def grades(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grades]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_TOKEN", CANARY)
        yield grade_class(assignment, [CLASS], tmp_path_factory.mktemp("grades"), jobs=2)


@pytest.fixture(scope="module")
def reports(grades: Grades) -> dict[str, Report]:
    return {report.submission.id: report for report in grades.reports}


def checks_of(report: Report) -> list[CheckResult]:
    return [check for question in report.questions for check in question.checks]


def texts_of(report: Report) -> str:
    """Everything that a report says in words."""
    told = [text for check in checks_of(report) for text in (check.message, check.hint, check.staff_message)]
    return "\n".join([*report.notes, *told, *(question.note for question in report.questions)])


def of_student(name: str, reports: dict[str, Report]) -> dict[str, QuestionResult]:
    return {question.id: question for question in reports[name].questions}


# --- the class as a whole ---------------------------------------------------------------------------------------------------------


def test_every_submission_is_found_and_nothing_else(assignment: Assignment) -> None:
    """What lies beside the submissions, this class's README and expectations, is none."""
    assert [found.id for found in discover([CLASS], assignment)] == sorted(STUDENTS)


def test_every_submission_has_a_report_on_disk(grades: Grades) -> None:
    """Each report is a file that reads back as what was reported."""
    assert grades.graded == len(STUDENTS)
    for report in grades.reports:
        data = (grades.folder / report.submission.id / "report.json").read_bytes()
        assert msgspec.json.decode(data, type=Report) == report


def test_the_table_of_grades_has_every_student(grades: Grades) -> None:
    """grades.csv has one row a submission, with the report's score."""
    with (grades.folder / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    scores = {report.submission.id: report.score for report in grades.reports}
    assert {row[0] for row in rows} >= set(STUDENTS)
    assert all(f"{scores[row[0]]:g}" in row for row in rows if row[0] in scores)


def test_a_class_that_is_graded_is_not_graded_again(assignment: Assignment, grades: Grades) -> None:
    """A second call has nothing to do, and gives the same grades."""
    begun: list[tuple[int, int]] = []
    again = grade_class(assignment, [CLASS], grades.folder, jobs=1, on_begin=lambda todo, done: begun.append((todo, done)))
    assert begun == [(0, len(STUDENTS))]
    assert {r.submission.id: r.score for r in again.reports} == {r.submission.id: r.score for r in grades.reports}


# --- each student -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, wanted in STUDENTS.items() if "points" in wanted])
def test_points_and_outcomes(name: str, reports: dict[str, Report]) -> None:
    """Every question has the points that it should, and where they are not all, for the right reasons."""
    found = of_student(name, reports)
    wanted = STUDENTS[name]
    points = dict(zip(EXPECTED["questions"], wanted["points"], strict=True))
    assert {question: found[question].score for question in points} == points
    for question in points:
        outcomes = sorted({check.outcome.value for check in found[question].checks})
        full = found[question].score == found[question].max_score
        assert outcomes == (["passed"] if full else wanted.get(question, ["not_answered"])), question
    assert reports[name].score == sum(points.values())
    assert reports[name].max_score == 92
    assert reports[name].not_graded == 8  # Q7


@pytest.mark.parametrize("name", [name for name, wanted in STUDENTS.items() if "unreadable" in wanted])
def test_what_cannot_be_read_is_said_and_counts_on_neither_side(name: str, reports: dict[str, Report]) -> None:
    """An unreadable submission has neither points nor zeros, and the reason in its notes."""
    report = reports[name]
    assert (report.score, report.max_score, report.not_graded) == (0, 0, 100)
    assert all(check.outcome is Outcome.NOT_GRADED and check.fault is Fault.STUDENT for check in checks_of(report))
    assert any(str(STUDENTS[name]["unreadable"]) in note for note in report.notes)


@pytest.mark.parametrize("name", [name for name, wanted in STUDENTS.items() if "hints" in wanted])
def test_a_known_mistake_is_diagnosed(name: str, assignment: Assignment, reports: dict[str, Report]) -> None:
    """The report names the student's mistakes, and no mistake that is not there."""
    names = {mistake.diagnosis: mistake.name for mistake in load_mistakes(assignment)}
    given = sorted({names[check.hint] for check in checks_of(reports[name]) if check.hint in names})
    assert given == STUDENTS[name]["hints"]


def test_nothing_is_blamed_on_the_checks_or_the_grader(reports: dict[str, Report]) -> None:
    """Whatever these students do, it is theirs: no check calls it its own error, or the harness's."""
    blamed = {check.fault for report in reports.values() for check in checks_of(report)}
    assert blamed == {Fault.NOBODY, Fault.STUDENT}


def test_every_layer_held(reports: dict[str, Report]) -> None:
    """The walls whose strength is tested here were all there."""
    layers = {Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP, Layer.LIMITS, Layer.SESSION}
    assert all(set(report.environment.sandbox) == layers for name, report in reports.items() if "points" in STUDENTS[name])


# --- what must not get out, and what must not stay --------------------------------------------------------------------------------------


def test_no_report_holds_a_line_of_the_reference(assignment: Assignment, reports: dict[str, Report]) -> None:
    """No report quotes the solutions or the hidden checks: only a student who wrote the same line has it there."""
    secret = secret_lines(assignment)
    assert len(secret) > 100
    submitted = {found.id: found for found in discover([CLASS], assignment)}
    for name, report in reports.items():
        text = texts_of(report)
        leaked = [line for line in secret if line in text]
        if leaked:
            own = [unit.source for module in read_submission(submitted[name], assignment).modules for unit in module.units]
            leaked = [line for line in leaked if line not in "\n".join(own)]
        assert leaked == [], name


def secret_lines(assignment: Assignment) -> set[str]:
    """The lines of solutions and hidden checks that say something, and that no student has received."""
    assert assignment.reference is not None
    received = "\n".join(path.read_text(encoding="utf-8") for path in assignment.folder.glob("*.*"))
    paths = [*assignment.reference.glob("*.py"), *(assignment.reference / "mistakes").glob("*.py")]
    lines = {line.strip() for path in paths for line in path.read_text(encoding="utf-8").splitlines()}
    diagnoses = {f'"""{mistake.diagnosis}"""' for mistake in load_mistakes(assignment)}  # these are for the student
    return {line for line in lines - diagnoses if len(line) >= 25 and line not in received}


def test_the_one_who_looks_around_finds_nothing(reports: dict[str, Report]) -> None:
    """moon_siwoo answers with a count of what it found: files stolen, files seen, processes, secrets."""
    report = reports["moon_siwoo"]
    counts = re.findall(r"stolen (\d+), seen (\d+), processes (\d+), secrets (\d+)", texts_of(report))
    assert len(counts) > 10
    assert set(counts) == {("0", "0", "0", "0")}
    assert CANARY not in "".join(texts_of(each) for each in reports.values())


def test_the_callers_know_no_expected_value(reports: dict[str, Report]) -> None:
    """moon_siwoo prints what the functions above it hold; what a check expects is not among it."""
    compared = 0
    for check in checks_of(reports["moon_siwoo"]):
        expected = re.search(r"expected the number (-?\d+\.\d{3,})", check.message)
        _, said_so, printed = check.staff_message.partition("printed:\n")
        if expected and said_so:
            assert "_answer" in printed  # the worker's own function, with its locals
            assert expected[1][:-1] not in printed, check.name
            compared += 1
    assert compared >= 3


def test_what_is_printed_does_not_fill_the_report(grades: Grades) -> None:
    """50 MB of printing leave a report of ordinary size."""
    sizes = {
        report.submission.id: (grades.folder / report.submission.id / "report.json").stat().st_size for report in grades.reports
    }
    assert sizes["ivanov_dmitri"] < 60_000


def test_no_process_is_left(grades: Grades) -> None:
    """What cho_wonbin started, detached and deaf to signals, is gone; so are the processes that fork students' processes."""
    assert "cho_wonbin" in {report.submission.id for report in grades.reports}
    end = time.monotonic() + 5
    while (left := left_processes()) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []


def left_processes() -> list[str]:
    """The processes that a submission started."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "comm").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if MARK in command:
            left.append(f"{folder.name}: {command.decode('utf-8', 'replace')}")
    return left
