"""Submissions as students pack them: the grade is that of the work in them, and the report says what was guessed or left out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.classroom.grading import grade_class
from grader.homework.assignment import load_assignment
from grader.intake.discovery import discover
from grader.messages import Report
from tests.packing.traps import TRAPS

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("packing")]


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[str, Report]]:
    """The report on each trap, by its name; all graded in one run, as a class."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        shutil.copytree(Path(__file__).parent / "toy_course", course)
        handed_in = Path(folder) / "class"
        places = {}
        for number, (name, trap) in enumerate(TRAPS.items()):
            path = handed_in / f"{number:02}" / trap.name
            path.parent.mkdir(parents=True)
            path.write_bytes(trap.make())
            places[name] = path
        paths = [path.parent for path in places.values()]
        assignment = load_assignment("toy", course)
        grades = grade_class(assignment, paths, course / "out", jobs=2)
        assert sorted(handed_in.rglob("*")) == sorted([*paths, *places.values()])  # nothing was unpacked
        ids = {found.path: found.id for found in discover(paths, assignment)}
        by_id = {report.submission.id: report for report in grades.reports}
        yield {name: by_id[ids[path.resolve()]] for name, path in places.items()}


@pytest.mark.parametrize("name", TRAPS)
def test_the_report_on_a_trap(name: str, reports: dict[str, Report]) -> None:
    """All points of the work in it, or the sentence that says why not; and no other note."""
    trap, report = TRAPS[name], reports[name]
    assert report.notes == trap.notes
    if trap.score is None:
        assert (report.score, report.max_score, report.not_graded) == (0, 0, 10)
    else:
        assert (report.score, report.max_score) == (trap.score, 10)
