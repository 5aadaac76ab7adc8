"""`grader.authors.judges`: tasks in several processes, in any order, and what becomes of those that a process dies over."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.authors.judges import ask_judges, submission_of
from grader.errors import AssignmentError, MachineLacks
from grader.homework.assignment import load_assignment
from grader.outcomes import Outcome
from grader.runner import Checks
from grader.sandbox.client import ZygoteClient

AREA = "def area(width, height):\n    return {}\n"


def begin(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[str], dict[str, str]]:
    """Grades what `area` returns; "die" ends the process."""
    checks.grading.hints.mistakes = ()

    def answer(returned: str) -> dict[str, str]:
        if returned == "die":
            os._exit(3)
        submission = submission_of(returned, {"shapes.py": AREA.format(returned), "sums.py": ""})
        report = checks.grade_submission(submission, zygote, demand_lock=demand_lock)
        return {c.name: c.outcome.value for q in report.questions for c in q.checks}

    return answer


def refuse(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[str], str]:
    raise AssignmentError("the reference is not what it should be.")


def leave(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[str], str]:
    os._exit(3)


def asked(course: Path, begin_with: Any, tasks: list[str], jobs: int) -> dict[int, Any]:
    answers: dict[int, Any] = {}
    assignment = load_assignment("toy", course)
    ask_judges(assignment, tasks, begin_with, answers.__setitem__, jobs=jobs, lock_in=True, if_lost=lambda task: f"lost {task}")
    return answers


@pytest.mark.sandbox
def test_every_task_has_its_answer(toy_course: Path) -> None:
    """Also those after one over which a process died; that one has the answer of whoever asks."""
    answers = asked(toy_course, begin, ["width * height", "die", "width + height", "width * height"], jobs=2)
    assert sorted(answers) == [0, 1, 2, 3]
    assert answers[1] == "lost die"
    assert answers[0] == answers[3]
    check = "test_area_of_a_rectangle"
    assert (answers[0][check], answers[2][check]) == (Outcome.PASSED.value, Outcome.FAILED.value)


@pytest.mark.sandbox
def test_what_a_beginning_refuses_is_told(toy_course: Path) -> None:
    """An error of the package's comes through as itself; a process that ends by itself is the machine's doing."""
    with pytest.raises(AssignmentError, match=r"^the reference is not what it should be\.$"):
        asked(toy_course, refuse, ["width"], jobs=1)
    with pytest.raises(MachineLacks, match=r"^a grading process ended by itself"):
        asked(toy_course, leave, ["width"], jobs=1)
