"""`same_evidence`: whether two wrong values are the same, and whether that tells anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.judgements.compare import same_evidence


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1.5, 1.5 * (1 + 1e-6)),
        (np.array([1.0, np.nan, np.inf]), torch.tensor([1.0, np.nan, np.inf])),
        ([1, 2], (1, 2)),
        ("abc", "abc"),
        ({"w": np.ones(2), "b": None}, {"b": None, "w": np.ones(2)}),
        (((6, 1, 5, 5), (6,)), ((6, 1, 5, 5), (6,))),
        ([True, False], [True, False]),
        (10**40, 10**40),
        ({1, 2}, {2, 1}),
        ([np.ones(2), np.ones(3)], [np.ones(2), np.ones(3)]),
    ],
)
def test_the_same_wrong_value_is_the_same_evidence(first: Any, second: Any) -> None:
    """Same kind, same shape, same values up to 1e-5, nan included; in either order."""
    assert same_evidence(first, second)
    assert same_evidence(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, None),
        (True, True),
        (float("nan"), float("nan")),
        (np.full(3, np.nan), np.full(3, np.nan)),
        ([], []),
        (np.empty((0, 3)), np.empty((0, 3))),
        ("", ""),
        ({}, {}),
        ([None], [None]),
        (object(), object()),
        (1.5, 1.5 * (1 + 1e-4)),
        (1.0, [1.0]),
        (1, True),
        (1.0, 1 + 0j),
        (1.0, "1.0"),
        ("abc", b"abc"),
        (np.ones(3), np.ones((3, 1))),
        (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
        (np.array([1.0, np.inf]), np.array([1.0, -np.inf])),
        (np.array([1.0, 1e-3]), np.array([1.0, 2e-3])),
        ([1, "a"], [1, "a", 2]),
        ({"w": 1.0}, {"v": 1.0}),
        (1e-9, 2e-9),
    ],
)
def test_another_value_or_one_that_tells_nothing_is_not(first: Any, second: Any) -> None:
    """Nothing, nan alone, a single boolean and empty values are what any mistake gives."""
    assert not same_evidence(first, second)
    assert not same_evidence(second, first)


@given(hnp.arrays(np.float64, st.integers(1, 6), elements=st.floats(-1e6, 1e6)))
def test_evidence_is_the_same_as_itself(values: Any) -> None:
    """Whatever the values are."""
    assert same_evidence(values, values.tolist())
