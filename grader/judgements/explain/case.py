"""A wrong value beside the expected one, and the test that every explanation of it has to pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Case", "log_soft", "place_names"]

_TIGHT = (1e-9, 1e-6, 1e-4, 1e-2)  # relative error that an explanation may leave, by coarseness: exact, float64, float32, half
_TIGHT_ALONE = (1e-9, 1e-6, 2e-5, 2e-3)  # the same where one number is all the evidence
_NOISE = (0.0, 1e-9, 1e-5, 1e-2)  # error relative to the largest value, which cancellation leaves in the small ones
_EXPLAINED = 0.01  # of the difference, at most this part may be left over


class Case:
    """Two arrays of one shape, finite and real, that differ: `actual` from the student, `expected` from the assignment.

    `wrong` marks the elements that the check found wrong. `coarseness` is that of the coarser of the two (see `grader.judgements.values`).
    A theory says what the actual value is in terms of the expected one; it holds when `explains` says so.
    """

    def __init__(self, actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_], coarseness: int) -> None:
        self.integers = actual.dtype.kind in "iu" and expected.dtype.kind in "iu"
        self.actual: NDArray[np.float64] = actual.astype(np.float64, copy=False)
        self.expected: NDArray[np.float64] = expected.astype(np.float64, copy=False)
        self.wrong = wrong
        self.coarseness = coarseness

    @cached_property
    def gap(self) -> float:
        """The largest difference."""
        return float(np.abs(self.actual - self.expected).max())

    @cached_property
    def scale(self) -> float:
        """The largest size of an expected value."""
        return float(np.abs(self.expected).max())

    @property
    def shape(self) -> tuple[int, ...]:
        return self.expected.shape

    @property
    def plural(self) -> bool:
        return self.expected.size > 1

    @cached_property
    def alone(self) -> bool:
        """Whether the expected values are, as evidence, one number: a single one, or the same one everywhere, or the rest is 0."""
        sizes = np.abs(self.expected)
        telling = sizes[sizes > 1e-3 * self.scale]
        return telling.size < 2 or float(np.ptp(telling)) <= 1e-3 * self.scale

    @cached_property
    def arranged(self) -> bool:
        """Whether the order of the values is evidence: several different ones, or many that stand where they should not."""
        return self.expected.size > 1 and (not self.alone or int(self.wrong.sum()) >= 6)

    @property
    def tight(self) -> float:
        return (_TIGHT_ALONE if self.alone else _TIGHT)[self.coarseness]

    def equals(self, ratio: float, known: float) -> bool:
        """Whether a measured ratio is a known number, as nearly as the precision lets one tell."""
        return abs(ratio - known) <= _TIGHT_ALONE[self.coarseness] * abs(known)

    def explains(self, guess: NDArray[Any], target: NDArray[Any] | None = None) -> bool:
        """Whether `guess` is the target (the actual value) everywhere, and leaves next to nothing of the difference over."""
        target = self.actual if target is None else target
        if guess.shape != target.shape or guess.size == 0:
            return False
        left = np.abs(guess - target)
        if not float(left.max()) <= _EXPLAINED * self.gap:  # nan fails, too
            return False
        size = np.abs(guess)
        return bool((left <= self.tight * size + _NOISE[self.coarseness] * float(size.max())).all())

    def axis_orders(self) -> Iterator[tuple[int, ...]]:
        """Every order of the axes but their own; those of more than four axes are too many to try."""
        if 2 <= self.expected.ndim <= 4:
            own = tuple(range(self.expected.ndim))
            yield from (order for order in permutations(own) if order != own)

    def say(self, one: str, many: str) -> str:
        """The wording for one value, or that for several."""
        return many if self.plural else one


def place_names(ndim: int, axis: int) -> tuple[str, str]:
    """What lies along an axis, as one and as several: a value, a row, a column, else an entry along axis k."""
    if ndim == 1:
        return "value", "values"
    if ndim == 2:
        return ("row", "rows") if axis == 0 else ("column", "columns")
    return f"entry along axis {axis}", f"entries along axis {axis}"


def log_soft(scores: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The logarithm of the softmax along an axis."""
    below = scores - scores.max(axis=axis, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=axis, keepdims=True)))
