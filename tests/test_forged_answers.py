"""In every check of the five homeworks: an answer that no code of ours gives is the student's doing.

A process in which something of Python's was replaced may answer anything. A check that unpacks such an answer must not break down as if
it were wrong itself: its points would be left out of the grade, where they are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings

from grader.authors.mutation.mutants import reference_sources
from grader.collecting import with_checks
from grader.homework.assignment import load_assignment
from grader.local import LocalTransport, local_transport
from grader.messages import Call, CheckResult, Request, Returned
from grader.outcomes import Outcome
from grader.runner import Checks
from grader.wire import encode

COURSE = Path(__file__).parents[1]
HOMEWORKS = sorted(folder.name for folder in (COURSE / "assignments").iterdir() if (folder / "assignment.toml").is_file())
FORGED = {
    "None": None,
    "text": "rubbish",
    "a tuple": (None, None, None),
    "a pair": (1, 2),
    "an empty list": [],
    "an empty dict": {},
    "complex numbers": [1j, 2j, 3j],
    "an array of nan": np.full((2, 1, 3), np.nan),
    "a complex tensor": torch.full((3, 10), 1j),
}
MOST_REQUESTS = 5  # of a check's, each of which is answered wrongly once; and its last


class Forger:
    """A transport on which one request of a check, the `at`-th, is answered with a forged value."""

    def __init__(self, honest: LocalTransport, at: int, value: object) -> None:
        self.honest = honest
        self.at = at
        self.value = value
        self.requests = 0

    def begin_check(self, seed: int, seconds: float, threads: int = 1) -> None:
        self.honest.begin_check(seed, seconds, threads)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)

    def request(self, request: Request) -> Any:
        self.requests += 1
        if self.requests - 1 != self.at:
            return self.honest.request(request)
        forged = encode(self.value, _no_reference)
        echo = isinstance(request, Call) and request.echo
        return Returned(forged, request.args, request.kwargs) if echo else Returned(forged)


def _no_reference(value: object) -> Any:
    raise TypeError(value)


@pytest.fixture(autouse=True)
def _profile() -> Iterator[None]:
    """Collecting checks loads a profile of Hypothesis: the other tests of this process keep theirs."""
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


def result_of(checks: Checks, transport: Any) -> CheckResult:
    (result,) = checks.run(transport)
    return result


@pytest.mark.filterwarnings("default")  # of torch's, about what is forged
@pytest.mark.parametrize("homework", HOMEWORKS)
def test_a_forged_answer_is_the_students_doing(homework: str) -> None:
    """Whatever is forged, no check ends as not graded; with the honest answers every check passes."""
    assignment = load_assignment(homework, COURSE)
    broken: list[str] = []

    def body(checks: Checks) -> None:
        checks.grading.hints.mistakes = ()
        pairs = list(zip(checks.items, checks.checks, strict=True))
        with local_transport(reference_sources(assignment)) as honest:
            for item, check in pairs:
                checks.items, checks.checks = [item], [check]
                counting = Forger(honest, -1, None)
                assert result_of(checks, counting).outcome is Outcome.PASSED, check.name
                for at in sorted({*range(min(counting.requests, MOST_REQUESTS)), counting.requests - 1}):
                    for name, value in FORGED.items():
                        result = result_of(checks, Forger(honest, at, value))
                        if result.outcome is Outcome.NOT_GRADED:
                            broken.append(f"{check.name}, request {at} answered with {name}: {result.staff_message[-300:]}")

    with_checks(assignment, body)
    assert not broken, "\n\n".join(broken)
