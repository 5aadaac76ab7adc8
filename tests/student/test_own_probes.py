"""`@probe`: functions of an author's own that run beside the student's objects."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from torch import nn

from grader.errors import AssignmentError, StudentRaised
from grader.student import Student, library, probe

Unknown = "a name that only this file has"


@probe
def plain(x: Unknown, *rest: Unknown, y: Unknown = 5, **more: Unknown) -> Unknown:  # type: ignore[valid-type]
    """Annotations name what is not there; defaults are values."""
    return x, rest, y, more


@probe
def with_libraries(x):
    import itertools

    return F.relu(x), np.sum([1, 2]), torch.ones(1), nn.Identity()(x), list(itertools.chain([1], [2]))  # noqa: F821


@probe
def outer(x):
    def inner(y):
        return y + 1

    return [inner(v) for v in x]


def test_a_probe_runs_there_with_its_arguments(student: Student) -> None:
    """Annotations are left behind, defaults go along, * and ** work."""
    assert plain(student, 1) == (1, (), 5, {})
    assert plain(student, 1, 2, 3, y=4, z=[6]) == (1, (2, 3), 4, {"z": [6]})
    assert plain.__name__ == "plain"
    assert inspect.unwrap(plain).__doc__ == "Annotations name what is not there; defaults are values."


def test_a_probe_has_torch_and_numpy_at_hand(student: Student) -> None:
    """torch, nn, F and np need no import; anything else is imported inside."""
    relu, total, ones, identity, chained = with_libraries(student, torch.tensor([-1.0, 2.0]))
    assert relu.tolist() == [0, 2]
    assert (total, ones.tolist(), identity.tolist(), chained) == (3, [1], [-1, 2], [1, 2])


def test_a_probe_may_define_functions(student: Student) -> None:
    """Its source goes as a whole."""
    assert outer(student, [1, 2]) == [2, 3]


def test_a_probe_in_a_function_is_dedented(student: Student) -> None:
    """Where its definition stands does not matter."""

    @probe
    def here(x):
        return x * 2

    assert here(student, 4) == 8


def test_handles_arrive_in_a_probe_as_objects(student: Student) -> None:
    """So do references to names of the student's."""

    @probe
    def is_one(box, cls):
        return isinstance(box, cls), type(box).__name__

    assert is_one(student, student.Box([1]), student.Box) == (True, "Box")


def test_a_lambda_is_no_probe() -> None:
    """A probe has to be found as a definition."""
    with pytest.raises(AssignmentError, match=r"^a probe must be a function written with def; '<lambda>' is none$"):
        probe(lambda x: x)


def test_an_exception_in_a_probe_names_the_students_line(student: Student) -> None:
    """The probe's own lines are nobody's to look for."""

    @probe
    def call(function):
        return function(1)

    with pytest.raises(StudentRaised) as raised:
        call(student, student.refuse)
    assert raised.value.failure.where.startswith("functions.py, line ")
    assert "probe" not in raised.value.failure.traceback


def test_helpers_want_the_fixture(student: Student) -> None:
    """`library(net, ...)`, or a probe without `student` first, is told to its author."""
    with pytest.raises(AssignmentError, match=r"^the first argument must be the `student` fixture, not a Remote$"):
        library(student.Box, "torch")  # type: ignore[arg-type]
    with pytest.raises(AssignmentError, match=r"^the first argument must be the `student` fixture, not a int$"):
        plain(3)
