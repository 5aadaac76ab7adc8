"""Grading a class: what is written, what is kept, and what happens when something dies."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader.classroom.gradebook import Gradebook
from grader.classroom.grading import grade_class
from grader.errors import UsageError
from grader.homework.assignment import load_assignment
from grader.messages import Report

SHAPES = (Path(__file__).parent / "toy_course/reference/toy/shapes.py").read_text(encoding="utf-8")
SUMS = (Path(__file__).parent / "toy_course/reference/toy/sums.py").read_text(encoding="utf-8")
SLOW = "import time\n\n\ndef running_total(values):\n    time.sleep(1.0)\n    return [1, 3, 6] if values == [1, 2, 3] else [4, -2, -1]\n"


def hand_in(folder: Path, name: str, shapes: str = SHAPES, sums: str = SUMS) -> Path:
    """A submission of both files."""
    place = folder / name
    place.mkdir(parents=True)
    (place / "shapes.py").write_text(shapes, encoding="utf-8")
    (place / "sums.py").write_text(sums, encoding="utf-8")
    return place


@pytest.fixture
def school(toy_course: Path) -> Path:
    """A class of five: one right, one wrong, one broken, one empty, one with a file that will not parse."""
    folder = toy_course / "class"
    hand_in(folder, "right")
    hand_in(folder, "adds", shapes=SHAPES.replace("width * height", "width + height"))
    hand_in(folder, "parse", shapes="def area(:\n    pass\n\n\nclass Square:\n    pass\n")
    hand_in(
        folder, "stub", *[(toy_course / f"assignments/toy/{name}").read_text(encoding="utf-8") for name in ("shapes.py", "sums.py")]
    )
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    return folder


def grade(course: Path, *paths: Path, **options: object) -> dict[str, Report]:
    grades = grade_class(load_assignment("toy", course), paths, course / "out", jobs=2, **options)  # type: ignore[arg-type]
    grade.graded = grades.graded  # type: ignore[attr-defined]
    return {report.submission.id: report for report in grades.reports}


def outcomes(report: Report) -> list[str]:
    return [check.outcome.value for question in report.questions for check in question.checks]


def test_a_class_is_graded_each_by_its_own_work(toy_course: Path, school: Path) -> None:
    """Points, outcomes and notes of five submissions; what cannot be read costs the class nothing."""
    reports = grade(toy_course, school)
    assert {name: (report.score, report.max_score, report.not_graded) for name, report in reports.items()} == {
        "adds": (6, 10, 0),
        "broken": (0, 0, 10),
        "parse": (6, 10, 0),
        "right": (10, 10, 0),
        "stub": (0, 10, 0),
    }
    assert set(outcomes(reports["stub"])) == {"not_answered"}
    assert outcomes(reports["parse"]) == ["error", "error", "passed", "passed"]
    assert "shapes.py could not be run to its end: SyntaxError" in reports["parse"].notes[0]
    assert "broken.zip" in reports["broken"].notes[0]
    assert {check.fault.value for q in reports["broken"].questions for check in q.checks} == {"student"}


def test_a_known_mistake_is_diagnosed(toy_course: Path, school: Path) -> None:
    """A value equal to a known mistake's gets its diagnosis as a hint."""
    checks = {check.name: check for question in grade(toy_course, school)["adds"].questions for check in question.checks}
    diagnosis = (toy_course / "reference/toy/mistakes/area_adds.py").read_text(encoding="utf-8").split('"""')[1]
    assert checks["test_area_of_a_rectangle"].message == "area(3, 4): expected 12, got 7."
    assert checks["test_area_of_a_rectangle"].hint == diagnosis


def test_everything_is_written(toy_course: Path, school: Path) -> None:
    """A report a submission, the table, and the gradebook, all with the same grades."""
    reports = grade(toy_course, school)
    out = toy_course / "out"
    for name, report in reports.items():
        written = json.loads((out / name / "report.json").read_text(encoding="utf-8"))
        assert written["schema_version"] == 1
        assert written["score"] == report.score
        assert written["environment"]["sandbox"] == list(report.environment.sandbox)
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["id"]: row["score"] for row in csv.DictReader(file)}
    assert scores == {"adds": "6", "broken": "", "parse": "6", "right": "10", "stub": "0"}  # what was not graded is no zero
    with Gradebook(out / "gradebook.sqlite") as book:
        assert [report.submission.id for report in book.latest("toy")] == sorted(reports)


def test_only_what_changed_is_graded_again(toy_course: Path, school: Path) -> None:
    """Nothing for an unchanged class, one submission for one edit, all for an edited check, all with --redo."""
    grade(toy_course, school)
    assert grade.graded == 5
    grade(toy_course, school)
    assert grade.graded == 0
    (school / "adds/shapes.py").write_text(SHAPES, encoding="utf-8")
    assert grade(toy_course, school)["adds"].score == 10
    assert grade.graded == 1
    grade(toy_course, school, redo=True)
    assert grade.graded == 5
    checks = toy_course / "assignments/toy/test_public.py"
    checks.write_text(checks.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    grade(toy_course, school)
    assert grade.graded == 5


def command(course: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command line, in the course's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader", *arguments],
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell starts what it puts into the background with Ctrl-C switched off, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_run_goes_on_where_it_stopped(toy_course: Path) -> None:
    """After kill -9 of the command, finished reports stay as they are, the rest is graded, and no process is left."""
    school = toy_course / "class"
    for number in range(6):
        hand_in(school, f"s{number}", sums=f"{SLOW}\n# {number}\n")
    out = toy_course / "out"
    arguments = ("grade", "toy", str(school), "-o", str(out), "-j", "1")
    first = command(toy_course, *arguments)
    wait_for(lambda: len(list(out.glob("*/report.json"))) >= 2)
    family = psutil.Process(first.pid).children(recursive=True)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    wait_for(lambda: not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family))
    finished = {path: path.stat().st_mtime_ns for path in out.glob("*/report.json")}
    with Gradebook(out / "gradebook.sqlite") as book:
        recorded = len(book.latest("toy"))
    second = command(toy_course, *arguments)
    text, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert f"{recorded} of 6 submissions are graded already" in text
    assert len(list(out.glob("*/report.json"))) == 6
    kept = [path for path, when in finished.items() if path.stat().st_mtime_ns == when]
    assert len(kept) >= recorded


def test_a_grading_process_that_dies_costs_no_grade(toy_course: Path) -> None:
    """Kill -9 of a judge in the middle: its submission is graded by another."""
    school = toy_course / "class"
    for number in range(4):
        hand_in(school, f"s{number}", sums=f"{SLOW}\n# {number}\n")
    out = toy_course / "out"
    run = command(toy_course, "grade", "toy", str(school), "-o", str(out), "-j", "1")
    wait_for(lambda: len(list(out.glob("*/report.json"))) >= 1)
    judges = [
        p for p in psutil.Process(run.pid).children(recursive=True) if "forkserver" in " ".join(p.cmdline()) and not p.children()
    ]
    judges[-1].send_signal(signal.SIGKILL)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    scores = [json.loads(path.read_text(encoding="utf-8"))["score"] for path in out.glob("*/report.json")]
    assert scores == [10.0] * 4


def test_ctrl_c_is_one_sentence(toy_course: Path) -> None:
    """An interrupted run says that it can be gone on with; no traceback."""
    school = toy_course / "class"
    for number in range(4):
        hand_in(school, f"s{number}", sums=f"{SLOW}\n# {number}\n")
    out = toy_course / "out"
    run = command(toy_course, "grade", "toy", str(school), "-o", str(out), "-j", "1")
    wait_for(lambda: len(list(out.glob("*/report.json"))) >= 1)
    os.kill(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert errors.strip() == "grader: stopped; what is finished is kept, and the same command goes on from there."


@pytest.mark.parametrize("started", ["forkserver", "grader.sandbox.zygote"])
def test_ctrl_c_while_everything_is_started_is_one_sentence(toy_course: Path, school: Path, started: str) -> None:
    """A terminal sends it to all processes, also to those that are at importing torch."""
    run = command(toy_course, "grade", "toy", str(school), "-o", "out")
    wait_for(lambda: any(started in " ".join(p.cmdline()) for p in psutil.Process(run.pid).children(recursive=True)))
    time.sleep(0.2)  # it is at its imports, which take seconds
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (
        130,
        "grader: stopped; what is finished is kept, and the same command goes on from there.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["grade", "toyy", "class", "-o", "out"], "has no assignment toyy: expected one of toy. Did you mean toy?"),
        (["grade", "toy", "nowhere", "-o", "out"], "nowhere is not there: expected a submission, or a folder of submissions."),
        (["grade", "toy", "class", "-o", "out", "-j", "-1"], "-j: expected a whole number of 0 or more, found -1."),
        (["audit", "toy", "--jobs", "1.5"], "--jobs: expected a whole number of 0 or more, found 1.5."),
        (["calibrate", "toy", "--seeds", "1"], "--seeds: expected a whole number of 2 or more, found 1."),
        (["calibrate", "toy", "--profile", "gpu"], "--profile: expected one of cpu, cuda (a GPU), found gpu."),
        (["check", "--device", "gpu"], "--device: expected one of auto, cpu, cuda (a GPU), found gpu."),
        (["grade", "toy", "class"], "--out is missing: write such as `grader grade HOMEWORK SUBMISSIONS --out FOLDER`"),
        (["grade", "toy", "class", "-o"], "-o has nothing after it: write such as"),
        (["grade", "toy", "class", "-o", ""], "-o: expected a folder, found an empty name: write such as --out grades."),
        (["grade", "toy", "class", "-o", "README"], "README cannot hold the reports: expected a folder, found that README is none"),
        (
            ["grade", "toy", "class", "-o", "README/a/b"],
            "README/a/b cannot hold the reports: expected a folder, found that README is none",
        ),
        (["grade", "toy", "class", "-o", "x" * 300], "cannot be made (File name too long): expected a folder for the reports"),
        (["check", "class/right"], "holds no assignment.toml"),
        (["check", "--device", "cuda"], "--device cuda is for trainings: expected --train with it."),
        (["audit", "toy", "--device", "cpu"], "--device cpu is for trainings: expected --train with it."),
        (["audit", "toy", "--sample", "5"], "--sample 5 is for changes of the reference: expected --mutate with it."),
        (["audit", "toy", "--mutate", "--seed", "0"], "--seed 0 is for a sample: expected --sample with it."),
        (["audit", "toy", "--mutate", "--train"], "--mutate trains nothing: expected it without --train."),
        (
            ["grade", "toy", "class", "-o", "out", "--no-training", "--device", "cuda"],
            "--device cuda is for trainings: expected it without --no-training.",
        ),
        (["frobnicate"], 'Unknown command "frobnicate"'),
    ],
)
def test_wrong_usage_is_one_sentence_and_writes_nothing(
    toy_course: Path, school: Path, arguments: list[str], sentence: str
) -> None:
    """Exit code 2, one line on standard error, nothing on disk."""
    (toy_course / "README").write_text("a course", encoding="utf-8")
    run = command(toy_course, *arguments)
    text, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert sentence in errors
    assert len(errors.strip().splitlines()) == 1
    assert not text
    assert not (toy_course / "out").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be written to")
def test_a_folder_that_may_not_be_written_is_told(toy_course: Path, school: Path) -> None:
    """Before anything is graded."""
    (toy_course / "theirs").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="theirs is not yours to write to: name another folder with --out"):
        grade_class(load_assignment("toy", toy_course), [school], toy_course / "theirs/out", jobs=1)


def test_grades_that_somebody_else_put_together_are_not_written_over(toy_course: Path, school: Path) -> None:
    """A grades.csv without the gradebook that it was made from is refused, and left as it is; the trainings are not prepared for that."""
    grades = toy_course / "out/grades.csv"
    grades.parent.mkdir()
    grades.write_text("name,grade\nKim,A\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        grade(toy_course, school, training=lambda: pytest.fail("there is no place for the reports"))
    assert str(caught.value) == (
        f"{grades} would be written over: expected a folder without it, or one with the gradebook that it was made from: "
        "move it away, or name another folder with --out."
    )
    assert [path.name for path in grades.parent.iterdir()] == ["grades.csv"]
    assert grades.read_text(encoding="utf-8") == "name,grade\nKim,A\n"


def written(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for pattern in ("*.csv", "*/report.json") for path in out.glob(pattern)}


def test_each_homework_has_a_folder_of_its_own(toy_course: Path) -> None:
    """Another one's reports would replace those of the same students."""
    hand_in(toy_course / "class", "kim")
    grade(toy_course, toy_course / "class")
    before = written(toy_course / "out")
    for kind in ("assignments", "reference"):
        (toy_course / kind / "toy").rename(toy_course / kind / "sums")
    toml = toy_course / "assignments/sums/assignment.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('name = "toy"', 'name = "sums"'), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        grade_class(load_assignment("sums", toy_course), [toy_course / "class"], toy_course / "out", jobs=1)
    assert str(caught.value) == (
        f"{toy_course / 'out'} holds the grades of toy: expected a folder for sums alone: "
        "give each homework a folder of its own with --out."
    )
    assert written(toy_course / "out") == before


def test_a_malformed_assignment_names_line_and_field(toy_course: Path, school: Path) -> None:
    """The author reads where, what was expected, and what was found."""
    file = toy_course / "assignments/toy/assignment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("points = 4", 'points = "four"'), encoding="utf-8")
    run = command(toy_course, "grade", "toy", str(school), "-o", "out")
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert (
        errors
        == 'grader: assignments/toy/assignment.toml, line 14: questions[0].points: expected a number above 0, found "four".\n'
    )
    assert not (toy_course / "out").exists()


def test_checks_whose_points_do_not_add_up_are_the_authors_fault(toy_course: Path, school: Path) -> None:
    """Nobody gets a grade from them."""
    file = toy_course / "assignments/toy/assignment.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("points = 4", "points = 5").replace("points = 10", "points = 11"), encoding="utf-8"
    )
    run = command(toy_course, "grade", "toy", str(school), "-o", "out")
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert errors == "grader: Q1 of toy has 5 points, but its checks have 4\n"


def test_a_check_that_breaks_down_is_not_graded(toy_course: Path, school: Path) -> None:
    """An error in the check's own code costs the student nothing, and the instructor is told."""
    checks = toy_course / "assignments/toy/test_public.py"
    checks.write_text(checks.read_text(encoding="utf-8").replace("student.area(3, 4)", "student.area(3, 4) / {}"), encoding="utf-8")
    report = grade(toy_course, school)["right"]
    assert (report.score, report.max_score, report.not_graded) == (8, 8, 2)
    broken = report.questions[0].checks[0]
    assert (broken.outcome.value, broken.fault.value) == ("not_graded", "author")
    assert broken.message == "Not graded: the check itself is wrong; your instructor has been told."
    assert "TypeError" in broken.staff_message
