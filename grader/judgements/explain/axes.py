"""Explanations that look along an axis: softmax and its kin applied twice, left out, or along the wrong axis; a bias."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from grader.judgements.explain.case import Case, log_soft, place_names

__all__ = ["EARLY", "LATE"]


def softmax(case: Case) -> str:
    """Softmax or log-softmax of the expected values, or of the actual ones."""
    if case.integers:
        return ""
    for axis in _axes(case):
        along = "" if case.expected.ndim == 1 else f" along axis {axis}"
        if case.explains(np.exp(case.expected)) and _sums_to_one(case, case.actual, axis):
            return "The log is missing: yours are probabilities, their logarithms are expected."
        if case.explains(np.log(case.expected)) and _sums_to_one(case, case.expected, axis):
            return "Yours are the logarithms of the expected probabilities: softmax is asked for, not log-softmax."
        once = log_soft(case.expected, axis)
        if _telling(np.exp(once)) and case.explains(np.exp(once)):
            if _sums_to_one(case, case.expected, axis):
                return f"The softmax{along} is applied twice."
            return f"Your values are the softmax{along} of the expected ones: return the scores as they are."
        if case.explains(once):
            return f"Your values are the log-softmax{along} of the expected ones: return the scores as they are."
        found = log_soft(case.actual, axis)
        if _telling(np.exp(found)) and case.explains(np.exp(found), case.expected):
            return f"The softmax{along} is missing: that of your values is what is expected."
        if case.explains(found, case.expected):
            return f"The log-softmax{along} is missing: that of your values is what is expected."
    return ""


def _telling(probabilities: NDArray[np.float64]) -> bool:
    """Whether a softmax has not run into 0 and 1, as it does for scores that are far apart, whatever they are."""
    return int(((probabilities > 1e-6) & (probabilities < 1 - 1e-6)).sum()) >= 2


def _axes(case: Case) -> list[int]:
    """The axes with more than one entry, the last one first: it is the likeliest."""
    return [axis for axis in reversed(range(case.expected.ndim)) if case.shape[axis] > 1]


def normalised(case: Case) -> str:
    """What should sum to one along an axis does so along another, over everything, or nowhere."""
    for axis in _axes(case):
        if not _sums_to_one(case, case.expected, axis):
            continue
        one = _each(case, axis)
        totals = case.actual.sum(axis=axis, keepdims=True)
        if _sums_to_one(case, case.actual, axis):
            return ""  # rightly normalised: it is something else
        if case.explains(case.actual / totals, case.expected):
            return f"{one.capitalize()} has yet to be divided by its sum."
        if case.expected.ndim == 1 or case.actual.min() < 0:
            continue
        for other in _axes(case):
            if other != axis and _sums_to_one(case, case.actual, other) and not _sums_to_one(case, case.expected, other):
                yours = _each(case, other).capitalize()
                return f"{yours} of yours sums to 1, where {one} should: normalised over axis {other} in place of axis {axis}."
        if case.shape[axis] < case.expected.size and abs(float(case.actual.sum()) - 1) <= case.tight:
            return f"All your values together sum to 1, where {one} should: normalise along axis {axis}."
    return ""


def _each(case: Case, axis: int) -> str:
    """What a sum along an axis goes over: along axis 1 of a matrix, a row."""
    if case.expected.ndim == 1:
        return "the result"
    return f"each {place_names(2, 1 - axis)[0]}" if case.expected.ndim == 2 else f"each line along axis {axis}"


def _sums_to_one(case: Case, values: NDArray[np.float64], axis: int) -> bool:
    return bool(values.min() >= 0 and (np.abs(values.sum(axis=axis) - 1) <= min(10 * case.tight, 1e-2)).all())


def log_normalised(case: Case) -> str:
    """A log-softmax along the wrong axis."""
    if case.expected.max() > 0 or case.actual.max() > 0:
        return ""
    actual, expected = np.exp(case.actual), np.exp(case.expected)
    for axis in _axes(case):
        if not _sums_to_one(case, expected, axis) or _sums_to_one(case, actual, axis):
            continue
        for other in _axes(case):
            if _sums_to_one(case, actual, other) and not _sums_to_one(case, expected, other):
                return f"The log-softmax is taken over axis {other} in place of axis {axis}."
    return ""


def centred(case: Case) -> str:
    """What should have mean 0 along one axis has it along another."""
    if case.integers or case.expected.ndim < 2:
        return ""
    for axis in _axes(case):
        for other in _axes(case):
            if other == axis or min(case.shape[axis], case.shape[other]) < 3:
                continue
            if (
                _centred_along(case, case.expected, axis)
                and _centred_along(case, case.actual, other)
                and not _centred_along(case, case.expected, other)
                and not _centred_along(case, case.actual, axis)
            ):
                yours = _each(case, other).capitalize()
                return f"{yours} of yours has mean 0, where {_each(case, axis)} should: is the mean taken over the wrong axis?"
    return ""


def _centred_along(case: Case, values: NDArray[np.float64], axis: int) -> bool:
    size = float(np.abs(values).max())
    return size > 0 and bool((np.abs(values.mean(axis=axis)) <= case.tight * size).all())


def bias(case: Case) -> str:
    """The difference depends on the place along one axis alone."""
    ndim = case.expected.ndim
    for axis in range(ndim if ndim > 1 else 0):
        others = tuple(place for place in range(ndim) if place != axis)
        if case.shape[axis] < 2 or case.expected.size // case.shape[axis] < 3 or not _varies(case, others):
            continue
        difference = (case.actual - case.expected).mean(axis=others, keepdims=True)
        if case.explains(case.expected + difference):
            said = f"Every {place_names(2, 1 - axis)[0]} is off by the same amounts"
            if ndim > 2:
                said = f"The difference depends on axis {axis} alone"
            return f"{said}: is a bias missing, or added twice or along the wrong axis?"
    return ""


def scaled(case: Case) -> str:
    """Each row has a factor of its own."""
    ndim = case.expected.ndim
    for axis in range(ndim if ndim > 1 else 0):
        others = tuple(place for place in range(ndim) if place != axis)
        if case.shape[axis] < 2 or case.expected.size // case.shape[axis] < 3 or not _varies(case, others):
            continue
        weight = np.square(case.expected).sum(axis=others, keepdims=True)
        factors = (case.actual * case.expected).sum(axis=others, keepdims=True) / np.where(weight > 0, weight, 1)
        if case.explains(factors * case.expected):
            said = f"Each {place_names(ndim, axis)[0]} is the expected one times a factor of its own"
            return f"{said}: is something multiplied or divided along the wrong axis?"
    return ""


def _varies(case: Case, others: tuple[int, ...]) -> bool:
    """Whether at each place the expected values differ enough for the pattern to be no accident."""
    return float(np.ptp(case.expected, axis=others).min()) > 1e-3 * case.scale


EARLY: tuple[Callable[[Case], str], ...] = (softmax, normalised, log_normalised, centred)
LATE: tuple[Callable[[Case], str], ...] = (bias, scaled)
