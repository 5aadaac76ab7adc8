"""Valid but messy submissions have the grade of the same code as a clean file, and the report says what was wrong with them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.collecting import with_checks
from grader.homework.assignment import load_assignment
from grader.intake.submission import Found
from grader.messages import Report
from grader.opening import heavy_imports, running_zygote
from grader.runner import Checks
from tests.messy import convnets, homeworks
from tests.messy.files import CLEAN, FILES, UNREADABLE
from tests.messy.homeworks import FASHION, NUMPY, RESNET
from tests.messy.notebook import v4
from tests.messy.traps import CONVNETS, Trap

pytestmark = [pytest.mark.sandbox]
COURSE = Path(__file__).parents[1]


def graded(homework: str, traps: Mapping[str, Trap], clean: Mapping[str, bytes]) -> dict[str, Report]:
    """The reports on the traps and, as "clean", on the same code without a trap."""
    assignment = load_assignment(homework, COURSE)
    reports: dict[str, Report] = {}
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for number, (name, files) in enumerate([("clean", clean), *((name, trap.files) for name, trap in traps.items())]):
            place = Path(folder) / str(number)
            place.mkdir()
            for file, data in files.items():
                (place / file).parent.mkdir(parents=True, exist_ok=True)
                (place / file).write_bytes(data)
            found.append(Found(name, place))

        def grade(checks: Checks) -> None:
            with running_zygote(assignment, lock_in=True, preload=heavy_imports(found, assignment)) as zygote:
                reports.update({one.id: checks.grade(one, zygote) for one in found})

        with_checks(assignment, grade)
    return reports


@functools.cache
def reports_on_convnets() -> dict[str, Report]:
    return graded("cifar10_convnets", CONVNETS, {"convnets.py": convnets.clean_file().encode()})


def demand(report: Report, trap: Trap, clean: Report) -> None:
    """Every question has the points of the clean file, but those that the trap names; the notes are there."""
    scores = {question.id: question.score for question in report.questions}
    expected = {question.id: question.score for question in clean.questions} | dict(trap.lost)
    told = [
        f"{check.name}: {check.outcome.value}: {check.message}" for q in report.questions for check in q.checks if check.message
    ]
    assert scores == expected, "\n".join([*told, *report.notes])
    text = "\n".join(report.notes)
    for note in trap.notes:
        assert note in text, text
    for note in trap.silent:
        assert note not in text, text


def test_the_clean_file_has_all_points() -> None:
    """What the traps are held to."""
    report = reports_on_convnets()["clean"]
    assert report.score == report.max_score > 60
    assert not report.notes


@pytest.mark.parametrize("name", CONVNETS)
@pytest.mark.xdist_group("messy_convnets")
def test_a_messy_notebook_has_the_grade_of_the_clean_file(name: str) -> None:
    """Question by question."""
    reports = reports_on_convnets()
    demand(reports[name], CONVNETS[name], reports["clean"])


@functools.cache
def reports_on_files() -> dict[str, Report]:
    unreadable = {name: Trap(files) for name, (files, _) in UNREADABLE.items()}
    return graded("lenet_and_losses", {**FILES, **unreadable}, CLEAN)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.xdist_group("messy_files")
def test_a_messy_file_has_the_grade_of_the_clean_one(name: str) -> None:
    """In whatever bytes it was saved; what is no Python loses its own questions alone, and the report names file and line."""
    reports = reports_on_files()
    demand(reports[name], FILES[name], reports["clean"])


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.xdist_group("messy_files")
def test_what_cannot_be_read_is_not_graded(name: str) -> None:
    """It counts on neither side, and one sentence says why."""
    report = reports_on_files()[name]
    assert (report.score, report.max_score) == (0.0, 0.0)
    assert UNREADABLE[name][1] in "\n".join(report.notes), report.notes


OTHERS = {"numpy_convnet": NUMPY, "mnist_resnet": RESNET, "fashion_cnn": FASHION}


@functools.cache
def reports_on_homework(homework: str) -> dict[str, Report]:
    return graded(homework, OTHERS[homework], homeworks.clean(homework))


@pytest.mark.parametrize(
    ("homework", "name"),
    [
        pytest.param(homework, name, marks=pytest.mark.xdist_group(f"messy_{homework}"))
        for homework, traps in OTHERS.items()
        for name in traps
    ],
)
def test_what_is_left_around_a_solution_costs_nothing(homework: str, name: str) -> None:
    """The course's own modules that were not handed in, data sets, training at top level, pictures."""
    reports = reports_on_homework(homework)
    demand(reports[name], OTHERS[homework][name], reports["clean"])


def test_check_shows_the_cell_of_each_error(toy_course: Path) -> None:
    """Of what a check ran into, and of what did not run."""
    homework = toy_course / "assignments" / "toy"
    cells = [("markdown", "# 과제"), ("code", "def area(width, height):\n    return width * missing"), ("code", "x = 1 / 0")]
    (homework / "toy (2).ipynb").write_bytes(v4(cells))
    command = [sys.executable, "-m", "grader", "check", "toy (2).ipynb"]
    ended = subprocess.run(
        command, cwd=homework, env={**os.environ, "COLUMNS": "300"}, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1, ended.stderr
    assert "NameError: name 'missing' is not defined (cell 2, line 2: return width * missing)" in ended.stdout
    assert "cell 3 could not be run to its end: ZeroDivisionError: division by zero (cell 3, line 1: x = 1 / 0)" in ended.stdout
