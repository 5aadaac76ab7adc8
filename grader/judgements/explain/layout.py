"""Explanations that look at the order of the values: axes swapped, reversed, shifted by one, shuffled, repeated, added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from grader.judgements.explain.case import Case, place_names

__all__ = ["THEORIES", "order_of_axes"]


def order_of_axes(order: Sequence[int]) -> str:
    """What became of the axes, where `order[i]` is the expected value's axis that stands at place i."""
    own = list(range(len(order)))
    moved = [axis for axis in own if order[axis] != axis]
    if len(order) == 2:
        return "It is transposed."
    if tuple(order) == (0, 2, 3, 1):
        return "The channels come last: they belong on axis 1."
    if tuple(order) == (0, 3, 1, 2):
        return "The channels come on axis 1: they belong last."
    if len(moved) == 2:
        return f"Its axes {moved[0]} and {moved[1]} are swapped."
    if list(order) == [*own[1:], 0]:
        return "Its first axis comes last."
    if list(order) == [own[-1], *own[:-1]]:
        return "Its last axis comes first."
    return f"Its axes are in the order {tuple(order)}."


def transposed(case: Case) -> str:
    """The axes are in another order, and the shape happens to be the same."""
    for order in case.axis_orders() if case.arranged else ():
        if case.explains(case.expected.transpose(order)):
            return order_of_axes(order)
    return ""


def reshaped(case: Case) -> str:
    """The values stand in memory as they do before a transposition, but the shape has been given to them."""
    for order in case.axis_orders() if case.arranged else ():
        if case.explains(case.expected.transpose(order).reshape(case.shape)):
            return "The right values in the wrong places: reshape does not move axes, transpose (or permute) does."
    return ""


def reversed_order(case: Case) -> str:
    """Reversed along one axis, or along the last two."""
    ndim = case.expected.ndim
    for axis in range(ndim if case.arranged else 0):
        if case.shape[axis] > 1 and case.explains(np.flip(case.expected, axis)):
            if ndim > 2:
                return f"It is in reversed order along axis {axis}."
            return f"Your {place_names(ndim, axis)[1]} are in reversed order."
    if ndim >= 2 and case.arranged and case.explains(np.flip(case.expected, (-2, -1))):
        return (
            "It is turned by 180° (both of the last axes reversed): is a kernel flipped that should not be, or the other way round?"
        )
    return ""


def off_by_one(case: Case) -> str:
    """Each value is the expected one of its neighbour. At least three have to be, and they have to differ from their own."""
    for axis in range(case.expected.ndim if case.arranged else 0):
        if case.shape[axis] < 4:
            continue
        along = "" if case.expected.ndim == 1 else f" along axis {axis}"
        for step in (1, -1):
            if case.explains(np.roll(case.expected, -step, axis)):
                return f"Your values are rolled by one place{along}."
            if _is_neighbour(case, axis, step):
                return f"Your value at i is the expected one at i {'+' if step > 0 else '-'} 1{along}: is an index off by one?"
    return ""


def _is_neighbour(case: Case, axis: int, step: int) -> bool:
    length = case.shape[axis]
    here, there = (slice(0, length - 1), slice(1, length)) if step > 0 else (slice(1, length), slice(0, length - 1))
    before = (slice(None),) * axis
    part = Case(case.actual[*before, here], case.expected[*before, here], case.wrong[*before, here], case.coarseness)
    return part.gap > 0 and not part.alone and part.explains(case.expected[*before, there])


def shuffled(case: Case) -> str:
    """The same rows, or the same values, in another order."""
    if case.alone or case.expected.size < 3:
        return ""
    if case.expected.ndim > 1 and case.shape[0] > 2:
        actual, expected = (_sorted_rows(values.reshape(case.shape[0], -1)) for values in (case.actual, case.expected))
        if case.explains(expected, actual):
            return f"The right {place_names(case.expected.ndim, 0)[1]}, in another order."
    actual, expected = np.sort(case.actual, axis=None), np.sort(case.expected, axis=None)
    if len(np.unique(expected)) < 3 or not case.explains(expected, actual):
        return ""
    if case.expected.ndim == 1 and bool((case.actual == actual).all()):
        return "The right values, but sorted."
    return "The right values in another order."


def _sorted_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows[np.lexsort(rows.T[::-1])]


def repeated(case: Case) -> str:
    """All rows are the same one, which the expected ones are not: the sign of a value broadcast by accident."""
    for axis in range(case.expected.ndim if case.expected.ndim > 1 else 0):
        first = case.actual.take([0], axis)
        spread = float(np.ptp(case.expected, axis=axis).max())
        if case.shape[axis] < 2 or bool((case.actual != first).any()) or spread <= 1e-3 * case.scale:
            continue
        one, many = place_names(case.expected.ndim, axis)
        which = "" if case.wrong.take(0, axis).any() else f" (the first {one}, which is right)"
        return f"All your {many} are the same{which}: is a value broadcast by accident?"
    return ""


def running_total(case: Case) -> str:
    """The values are added up, or have yet to be."""
    if case.expected.ndim != 1 or case.expected.size < 3:
        return ""
    if case.explains(np.cumsum(case.expected)):
        return "Your values are the running total of the expected ones: is a sum not set back to 0?"
    if case.explains(np.cumsum(case.actual), case.expected):
        return "The running total of your values is what is expected."
    return ""


THEORIES: tuple[Callable[[Case], str], ...] = (
    repeated,
    transposed,
    reversed_order,
    off_by_one,
    reshaped,
    running_total,
    shuffled,
)
