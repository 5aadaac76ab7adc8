"""`assert_shape`: what has a shape, and in which words another one is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from grader.errors import AssignmentError
from grader.judgements.compare import assert_shape
from tests.judgements.failing import failure


@pytest.mark.parametrize(
    ("actual", "shape"),
    [
        (np.zeros((2, 3)), (2, 3)),
        (torch.zeros(2, 3), torch.Size([2, 3])),
        ([[1, 2, 3], [4, 5, 6]], (2, 3)),
        (0.5, ()),
        (np.empty((0, 3)), (0, 3)),
        (np.array([["a", "b"]]), (1, 2)),
        (torch.zeros(7, 10), (None, 10)),
    ],
)
def test_what_has_the_shape_passes(actual: Any, shape: Any) -> None:
    """Arrays, tensors, nested lists and numbers have a shape; None stands for any length."""
    assert_shape(actual, shape)


@pytest.mark.parametrize(
    ("actual", "shape", "message", "hint"),
    [
        (torch.zeros(10, 4), (4, 10), "Net()(x): expected shape (4, 10), got (10, 4).", "It is transposed."),
        (torch.zeros(10, 4), (None, 10), "Net()(x): expected shape (*, 10), got (10, 4).", "Axis 1 has length 4 in place of 10."),
        (torch.zeros(10), (None, 10), "Net()(x): expected shape (*, 10), got (10,).", ""),
        (
            0.5,
            (4, 10),
            "Net()(x): expected shape (4, 10), got the number 0.5.",
            "It is one number: is a sum, mean or max taken over everything, where an axis should be given?",
        ),
        (
            torch.zeros(4),
            (),
            "Net()(x): expected one number, got an array of shape (4,).",
            "One number is asked for: are the values not summed or averaged yet?",
        ),
        ("text", (4, 10), "Net()(x): expected an array of shape (4, 10), got the text 'text'.", ""),
        ("text", (), "Net()(x): expected a number, got the text 'text'.", ""),
        (None, (4, 10), "Net()(x): returned None, expected an array of shape (4, 10).", "Is a return missing?"),
    ],
)
def test_what_has_another_shape_fails(actual: Any, shape: Any, message: str, hint: str) -> None:
    """Both shapes are shown, and what it could be."""
    wrong = failure(assert_shape, actual, shape, what="Net()(x)")
    assert (wrong.message, wrong.hint) == (message, hint)


@pytest.mark.parametrize("shape", ["ab", 3, (3.0,), (-1, 10), None])
def test_a_shape_that_is_none_is_the_authors_fault(shape: Any) -> None:
    """A shape is a tuple of lengths."""
    with pytest.raises(AssignmentError, match="the expected shape must be a tuple of lengths"):
        assert_shape(np.zeros(3), shape)
