"""`@probe(returns=...)`: an answer of another form than the probe's own code gives fails the check, as the student's doing."""

from __future__ import annotations

import numpy as np
import pytest

from grader.errors import AssignmentError, CheckFailed
from grader.local import local_transport
from grader.outcomes import Outcome
from grader.pattern import demand_pattern
from grader.student import Link, Remote, Student, probe


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (object, [None, "text", ()], []),
        (int, [3], ["3", None, 2.5]),
        (str | None, ["text", None], [3]),
        ((int, [str]), [(3, []), (3, ["a", "b"])], [None, [3, []], (3,), (3, [], 1), (3, ["a", 1]), "ab"]),
        ([float], [[], [1.0]], [(1.0,), [1.0, "a"], np.ones(2)]),
        ([float, ...], [[1.0], [1.0, 2.0]], [[], [None]]),
        (
            {"x": object, "n": int},
            [{"x": None, "n": 1}, {"x": 1, "n": 2, "more": 3}],
            [{}, {"x": 1}, {"x": 1, "n": "2"}, [("x", 1)]],
        ),
        ([(str, {"ok": bool})], [[("a", {"ok": True})]], [[("a", {"ok": 1})], [("a", {})]]),
    ],
)
def test_patterns(pattern: object, fits: list[object], does_not: list[object]) -> None:
    """Tuples part by part, lists of any length or of one and more, dicts by their keys; values by their types."""
    for value in fits:
        demand_pattern(value, pattern, "measure")
    for value in does_not:
        with pytest.raises(CheckFailed, match=r"^measure: expected Python's own functions .* is one of them replaced\?$") as failed:
            demand_pattern(value, pattern, "measure")
        assert failed.value.outcome is Outcome.FAILED


@pytest.mark.parametrize("pattern", [3, [int, str], "int", None])
def test_what_is_no_pattern_is_the_authors_fault(pattern: object) -> None:
    """It is told with what there may be."""
    with pytest.raises(AssignmentError, match=r"^measure: returns= takes types, and tuples, lists of one and dicts of them, not "):
        demand_pattern([], pattern, "measure")


@probe(returns=(Remote, [int]))
def net_and_sizes(*sizes):
    """A layer, and numbers."""
    return nn.Linear(1, 1), list(sizes)  # type: ignore[name-defined]  # noqa: F821 - nn is there


def test_a_probes_answer_is_looked_at() -> None:
    """It comes through if it fits, and fails the check under the probe's name if it does not."""
    with local_transport({"nets.py": "def f():\n    return 1\n"}) as transport:
        link = Link()
        link.transport = transport
        student = Student(link)
        transport.begin_check(0, 10.0)
        net, sizes = net_and_sizes(student, 3, 4)
        assert isinstance(net, Remote)
        assert sizes == [3, 4]
        with pytest.raises(CheckFailed, match=r"^net_and_sizes: expected Python's own"):
            net_and_sizes(student, "three")
