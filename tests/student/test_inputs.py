"""Arguments that should stay as they are: how the call left them, and the judgement on that."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from grader.errors import CheckFailed
from grader.inputs import assert_unchanged
from grader.student import Student, call_and_echo, library


def test_the_arguments_come_back_as_the_call_left_them(student: Student) -> None:
    """`call_and_echo`: the value, positional and named arguments."""
    value, args, kwargs = call_and_echo(student.zero_first, np.array([1.0, 2.0]), where={})
    assert value == 2
    assert [array.tolist() for array in args] == [[0, 2]]
    assert kwargs == {"where": {"seen": True}}


def test_assert_unchanged_gives_the_value(student: Student) -> None:
    """Arrays with nan in them, tensors, lists and handles that are left alone pass."""
    x = torch.tensor([1.0, math.nan])
    assert math.isnan(assert_unchanged(student.total, x, y=[1, "a"]))
    assert assert_unchanged(student.add, 1, b=2) == 3
    box = student.Box([1, 2])
    assert assert_unchanged(student.apply, library(student, "builtins").len, box) == 2


def test_assert_unchanged_names_the_argument(student: Student) -> None:
    """What changes, by position or name, and what to do."""
    for x in (np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])):
        with pytest.raises(CheckFailed) as failed:
            assert_unchanged(student.zero_first, x)
        assert failed.value.message == "zero_first changes its argument 1."
        assert failed.value.hint == "Work on a copy, or use operations that make a new array."
    with pytest.raises(CheckFailed) as failed:
        assert_unchanged(student.zero_first, np.array([0.0, 2.0]), where={}, what="zero_first(x)")
    assert failed.value.message == "zero_first(x) changes its argument where."
    with pytest.raises(CheckFailed, match=r"^append changes its argument 1\.$"):
        assert_unchanged(student.append, [1])
