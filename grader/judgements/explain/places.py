"""Explanations that look at which values are wrong: not numbers, the last row, one column, the border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.judgements.explain.case import Case, place_names
from grader.judgements.values import index_text

__all__ = ["THEORIES", "not_finite"]

_SHOWN = 3


def not_finite(actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_]) -> str:
    """Where the actual value is nan or infinite and should not be, and how that comes about."""
    nan = wrong & np.isnan(actual)
    infinite = wrong & np.isinf(actual)
    if not nan.any() and not infinite.any():
        if bool((wrong & ~np.isfinite(expected)).any()):
            return "Where yours is a finite number, infinity (or nan) is expected."
        return ""
    if nan.any():
        said = f"{_which(nan, 'nan')}: look for 0/0, ∞ - ∞, or the log or root of a negative number."
    else:
        below = actual.dtype.kind == "f" and bool((actual[infinite] < 0).all())
        cause = "look for the log of 0" if below else "look for a division by 0, the log of 0, or the exp of a large number"
        said = f"{_which(infinite, '-∞' if below else 'infinite')}: {cause}."
    if _is_distribution(expected):
        said += " In a softmax, subtract the largest score before exp."
    rest = wrong & ~nan & ~infinite
    if wrong.size > 1 and not rest.any() and not (nan | infinite).all():
        said += " All other values are right."
    return said


def _which(marked: NDArray[np.bool_], name: str) -> str:
    """`It is nan`, `All your values are nan`, `2 of your values are nan (at 3 and 5)`."""
    if marked.size == 1:
        return f"It is {name}"
    if marked.all():
        return f"All your values are {name}"
    places = [index_text(index) for index in np.argwhere(marked)[:_SHOWN]]
    count = int(marked.sum())
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    one = "1 of your values is" if count == 1 else f"{count} of your values are"
    return f"{one} {name} (at {_listed(places) if not more else ', '.join(places)}{more})"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _is_distribution(expected: NDArray[Any]) -> bool:
    """Whether the expected values look like a softmax: between 0 and 1, summing to 1 along the last axis."""
    if expected.dtype.kind != "f" or expected.ndim == 0 or expected.shape[-1] < 2 or not np.isfinite(expected).all():
        return False
    return bool(expected.min() >= 0 and (np.abs(expected.sum(axis=-1) - 1) < 1e-4).all())


def tail(case: Case) -> str:
    """The first ones along an axis are right and all later ones wrong."""
    if case.expected.ndim > 1 and int(case.wrong.sum()) < 2:
        return ""  # one value says nothing about its row
    for axis in range(case.expected.ndim):
        bad = _bad(case, axis)
        right = int(np.argmax(bad))
        if len(bad) < 3 or right == 0 or not bad[right:].all():
            continue
        one, many = place_names(case.expected.ndim, axis)
        if right == len(bad) - 1:
            return f"Only the last {one} is wrong."
        if right == 1:
            return f"Only the first {one} is right: does a return inside the loop end it too early?"
        return f"The first {right} {many} are right, and all later ones wrong."
    return ""


def confined(case: Case) -> str:
    """All wrong values lie in one row, one column, one channel; several do."""
    if int(case.wrong.sum()) < 2:
        return "Only the first value is wrong." if case.expected.ndim == 1 and case.wrong[:1].all() and case.wrong.size > 2 else ""
    for axis in range(case.expected.ndim):
        bad = _bad(case, axis)
        if len(bad) > 2 and int(bad.sum()) == 1:
            place = int(np.argmax(bad))
            if case.expected.ndim == 2:
                return f"All wrong values are in {place_names(2, axis)[0]} {place}."
            return f"All wrong values are at index {place} of axis {axis}."
    return ""


def border(case: Case) -> str:
    """The inside of each map is right, its border is not."""
    if case.expected.ndim < 2 or min(case.shape[-2:]) < 3 or int(case.wrong.sum()) < 3:
        return ""
    if case.wrong[..., 1:-1, 1:-1].any():
        return ""
    edges = (case.wrong[..., 0, :], case.wrong[..., -1, :], case.wrong[..., :, 0], case.wrong[..., :, -1])
    if sum(bool(edge.any()) for edge in edges) < 2:
        return ""
    return "Only values at the border are wrong: is the padding right?"


def signed(case: Case) -> str:
    """The values that are wrong are those that should be negative (or zero), and no others."""
    if min(int(case.wrong.sum()), int((~case.wrong).sum())) < 2:
        return ""
    for marked, name in ((case.expected < 0, "negative"), (case.expected == 0, "0"), (case.expected > 0, "positive")):
        if bool((marked == case.wrong).all()):
            return f"Wrong are exactly those values that should be {name}."
    return ""


def _bad(case: Case, axis: int) -> NDArray[np.bool_]:
    """For each place along an axis, whether any value there is wrong."""
    return np.asarray(case.wrong.any(axis=tuple(other for other in range(case.expected.ndim) if other != axis)))


THEORIES: tuple[Callable[[Case], str], ...] = (tail, confined, border, signed)
