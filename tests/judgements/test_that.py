"""`assert_that`: a condition of the author's own, which is true or false."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from grader.errors import AssignmentError
from grader.judgements.compare import assert_that
from tests.judgements.failing import Handle, failure


def test_a_condition_holds_or_fails_with_its_message() -> None:
    """Booleans of any library, and what Python calls true."""
    for holds in (True, np.bool_(True), torch.tensor(True), np.array([1]), 3, "a", [0], {0}):
        assert_that(holds, "never seen")
    for fails in (False, np.bool_(False), torch.tensor(False), np.array([0.0]), 0, "", [], None, {}):
        wrong = failure(assert_that, fails, "losses: expected 3, got 2.", hint="One an epoch.", evidence=[1, 2])
        assert (wrong.message, wrong.hint, wrong.evidence) == ("losses: expected 3, got 2.", "One an epoch.", [1, 2])


@pytest.mark.parametrize("condition", [np.array([True, False]), Handle(), object(), torch.ones(2)])
def test_a_condition_that_is_none_is_the_authors_fault(condition: Any) -> None:
    """An array of several values is neither true nor false."""
    with pytest.raises(AssignmentError, match=r"assert_that: the condition must be true or false, not an? "):
        assert_that(condition, "message")
