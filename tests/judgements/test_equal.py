"""`assert_equal`: what is exactly the same, and where the difference is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from grader.errors import AssignmentError
from grader.judgements.compare import assert_equal
from tests.judgements.failing import Handle, failure


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (3, 3),
        (3.0, 3),
        (np.int64(3), 3),
        (torch.tensor(3), 3),
        (10**40, 10**40),
        ("abc", "abc"),
        (None, None),
        (True, np.bool_(True)),
        ((1, 2), [1, 2]),
        (torch.Size([1, 2]), (1, 2)),
        (np.array(["a", "b"]), ["a", "b"]),
        ([], []),
        (torch.tensor([]), []),
        ({"a": [1, "x"], "b": None}, {"b": None, "a": [1, "x"]}),
        ({1, 2}, {2, 1}),
        (torch.float32, torch.float32),
        ([torch.ones(2), "a"], [np.ones(2), "a"]),
    ],
)
def test_equal_values_are_equal_in_whatever_they_are_held(actual: Any, expected: Any) -> None:
    """Lists, tuples and arrays of the same values are equal, and so are 3 and 3.0."""
    assert_equal(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "message", "hint"),
    [
        (5, 4, "f(x): expected 4, got 5.", "It is one too large: off by one?"),
        (28.5, 28, "f(x): expected 28, got 28.5.", ""),
        ((28, 28, 3), (28, 28, 6), "f(x): expected (28, 28, 6), got (28, 28, 3).", "Only the last value is wrong."),
        ([1, 2], [1, 2, 3], "f(x): expected [1, 2, 3], got [1, 2].", "It is one too short: off by one?"),
        (
            np.arange(20),
            np.arange(20) + 1,
            "f(x): all 20 values are wrong; the worst is at index 0: expected 1, got 0 (difference 1).",
            "Every value is 1 too small: is it counted from 0 in place of 1?",
        ),
        ("Abc", "abc", "f(x): expected 'abc', got 'Abc'.", "Only upper and lower case differ."),
        ("a  b ", "a b", "f(x): expected 'a b', got 'a  b '.", "Only white space differs."),
        (b"abc", "abc", "f(x): expected 'abc', got the bytes b'abc'.", ""),
        (1, True, "f(x): expected True, got the number 1.", "As a boolean it would be right: convert it."),
        (3, None, "f(x): expected None, got the number 3.", ""),
        (["a", "b"], ["a", "c"], "f(x)[1]: expected 'c', got 'b'.", ""),
        (["a"], ["a", "c"], "f(x): expected a list of 2 items, got 1 item.", ""),
        ("ac", ["a", "c"], "f(x): expected a list of 2 items, got the text 'ac'.", ""),
        ([1], [], "f(x): expected an empty list, got a list of 1 item (1).", ""),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "f(x)['a']['b']: expected 2, got 1.", "It is one too small: off by one?"),
        ({"a": 1, "z": 2}, {"a": 1, "b": 2}, "f(x): it has no key 'b', a key 'z' too many.", ""),
        ([1], {"a": 1}, "f(x): expected a dict, got a list of 1 item (1).", ""),
        ({1, 2}, {2, 3}, "f(x): 1 is too many, 3 is missing.", ""),
        ([1], {1}, "f(x): expected a set of 1 item, got a list of 1 item (1).", ""),
        (torch.float32, torch.float64, "f(x): expected torch.float64, got torch.float32.", ""),
        (10**30 + 1, 10**30, f"f(x): expected {10**30}, got the number {10**30 + 1}.", ""),
        ([None, 1], [2, 1], "f(x): expected an array of shape (2,), got a list of 2 items (None, 1).", ""),
    ],
)
def test_a_difference_is_named_where_it_is(actual: Any, expected: Any, message: str, hint: str) -> None:
    """The message names the part that differs, and both values."""
    wrong = failure(assert_equal, actual, expected, what="f(x)")
    assert (wrong.message, wrong.hint) == (message, hint)
    assert wrong.evidence is actual


def test_nan_and_handles_cannot_be_expected_exactly() -> None:
    """Nothing equals nan, and a handle is no value: the author's mistakes."""
    with pytest.raises(AssignmentError, match="f: the expected value holds nan, which nothing equals: pass equal_nan=True"):
        assert_equal([1.0, 2.0], [1.0, float("nan")], what="f")
    with pytest.raises(AssignmentError, match="f: the expected value must be plain, not an object of type Linear"):
        assert_equal(3, Handle(), what="f")
