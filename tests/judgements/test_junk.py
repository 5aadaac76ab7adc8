"""Whatever a student's code hands back, the judgements on values fail with a message and raise nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.compare import assert_close, assert_equal, assert_shape, same_evidence
from tests.judgements.failing import failure

EXPECTED: list[Any] = [
    0.123,
    np.array([0.5, 0.25, 0.75]),
    np.arange(12.0).reshape(3, 4),
    torch.arange(6.0).reshape(2, 3),
    5,
    [3, 4, 5],
    [True, False, True],
    1 + 2.5j,
    np.array([np.inf, 1.0]),
    np.uint8([200, 3]),
    torch.tensor([0.1, 0.7]).bfloat16(),
]
EXACTLY: list[Any] = ["zz", b"zz", ["zz"], {"zz": 1}, {77}, torch.float64, 10**40, ("zz", [1, 2]), [1, [2, "zz"]]]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda value: str(value)[:20].replace("\n", ""))
def test_whatever_comes_back_the_student_is_told(junk: list[Any], expected: Any) -> None:
    """Any object at all fails the check with a message, and raises nothing else."""
    for actual in junk:
        for judge in (assert_close, assert_equal):
            assert 0 < len(failure(judge, actual, expected).message) < 1_000


@pytest.mark.parametrize("expected", EXACTLY, ids=str)
def test_whatever_comes_back_is_not_equal(junk: list[Any], expected: Any) -> None:
    """Texts, sets, dicts and mixed lists are compared with anything, too."""
    for actual in junk:
        assert 0 < len(failure(assert_equal, actual, expected).message) < 1_000


def test_whatever_comes_back_has_no_such_shape(junk: list[Any]) -> None:
    """The shape of anything is told, or that it has none."""
    for actual in junk:
        assert 0 < len(failure(assert_shape, actual, (77, 5)).message) < 1_000


def test_whatever_comes_back_can_be_evidence(junk: list[Any]) -> None:
    """Any two values either are the same evidence or are not; of two different ones in the list, none are."""
    for first in junk:
        for second in junk:
            assert isinstance(same_evidence(first, second), bool)


@settings(max_examples=100)
@given(data=st.data(), dtypes=st.tuples(hnp.scalar_dtypes(), hnp.scalar_dtypes()), shape=st.sampled_from([(), (1,), (3,), (2, 2)]))
def test_any_two_arrays_are_close_or_not(data: Any, dtypes: Any, shape: Any) -> None:
    """Of whatever dtype and value: passed, failed, or refused as the author's mistake, and nothing else."""
    actual, expected = (data.draw(hnp.arrays(dtype, shape)) for dtype in dtypes)
    for judge in (assert_close, assert_equal):
        try:
            judge(actual, expected)
        except CheckFailed:
            pass
        except AssignmentError:
            assert expected.dtype.kind not in "biufc" or np.isnan(expected).any()
