"""Explanations that look at each value by itself: a factor, a shift, a rounding, a function applied or left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.judgements.explain.case import Case
from grader.judgements.values import number_text

__all__ = ["EARLY", "LATE", "common_factor", "shift"]

_LOGS = (
    (math.log(2), "ln 2", "ln", "log₂"),
    (1 / math.log(2), "1/ln 2", "log₂", "ln"),
    (math.log(10), "ln 10", "ln", "log₁₀"),
    (1 / math.log(10), "1/ln 10", "log₁₀", "ln"),
    (math.log10(2), "log₁₀ 2", "log₁₀", "log₂"),
    (math.log2(10), "log₂ 10", "log₂", "log₁₀"),
)
_LEFT_OF_SPREAD = 0.01  # of how far the values lie apart: a line through values that are nearly the same explains nothing
_DECIMALS = range(1, 8)


def nothing_filled_in(case: Case) -> str:
    """Zeros, or one value everywhere."""
    first = case.actual.flat[0]
    if not case.plural or bool((case.actual != first).any()):
        return ""
    if first == 0:
        return "All your values are 0: is the result ever filled in?"
    if float(np.ptp(case.expected)) <= 1e-3 * case.scale:
        return ""  # the expected values are all the same as well
    if first == 1 and case.expected.min() >= 0 and case.expected.max() < 1:
        return "All your values are 1: is each divided by itself, as a softmax over an axis of length 1 does?"
    return f"All your values are the same ({number_text(first)})."


def rounding(case: Case) -> str:
    """Cut down or rounded to whole numbers, rounded to some decimals."""
    if case.integers or not case.actual.any():
        return ""
    if case.scale >= 1 and _is_exactly(case, np.trunc(case.expected)):
        return case.say(
            "Your value is the expected one cut down to a whole number: is // or int() used?",
            "Your values are cut down to whole numbers: are they kept in an integer array, or is // used?",
        )
    if case.scale >= 10 and _is_exactly(case, np.round(case.expected)):
        return case.say("Your value is rounded to a whole number.", "Your values are rounded to whole numbers.")
    for decimals in _DECIMALS:
        if case.scale * 10**decimals >= 10 and _is_exactly(case, np.round(case.expected, decimals)):
            return f"{case.say('Your value is', 'Your values are')} rounded to {decimals} decimal{'s' if decimals > 1 else ''}."
    return ""


def _is_exactly(case: Case, guess: NDArray[np.float64]) -> bool:
    """Rounding leaves no error but that of the number format."""
    unit = 1e-12 if case.coarseness <= 1 else 1e-6
    return bool((np.abs(case.actual - guess) <= unit * np.abs(guess)).all()) and case.explains(guess)


def precision(case: Case) -> str:
    """Right, as far as float32 reaches."""
    if case.coarseness > 1 or case.integers or case.scale == 0:
        return ""
    left = np.abs(case.actual - case.expected)
    if not bool((left <= 1e-4 * np.abs(case.expected) + 1e-5 * case.scale).all()):
        return ""
    if _fits(case.actual, np.float32) and not _fits(case.actual, np.float16) and not _fits(case.expected, np.float32):
        return f"{case.say('Your value has', 'Your values have')} the precision of float32 only: compute in float64."
    digits = math.floor(-math.log10(max(case.gap / case.scale, 1e-17)))
    if digits < 5:
        return ""
    agrees = case.say("It agrees", "They agree")
    return f"{agrees} to {digits} digits only: is a part computed in float32, or a small constant left out or added?"


def _fits(values: NDArray[np.float64], narrow: type[np.floating[Any]]) -> bool:
    return bool((values.astype(narrow) == values).all())


def common_factor(actual: NDArray[Any], expected: NDArray[Any], coarseness: int) -> float | None:
    """The one number by which finite, real expected values have to be multiplied to give the actual ones; None if there is none."""
    with np.errstate(all="ignore"):
        case = Case(actual, expected, actual != expected, coarseness)
        return _factor(case) if case.gap > 0 else None


def _factor(case: Case) -> float | None:
    if case.scale == 0:
        return None
    unit = case.expected / case.scale
    factor = float(np.vdot(case.actual, unit) / np.vdot(unit, unit)) / case.scale
    return factor if math.isfinite(factor) and factor != 0 and case.explains(factor * case.expected) else None


def any_factor(case: Case) -> str:
    """The same factor everywhere; one number alone always has one."""
    measured = None if case.alone else _factor(case)
    if measured is None:
        return ""
    return f"Your values are {number_text(measured, 4)} times the expected ones throughout: is a constant factor wrong or missing?"


def telling_factor(case: Case) -> str:
    """The same factor everywhere, and one that has a name: -1, 2, ln 2, the batch size."""
    measured = _factor(case)
    if measured is None:
        return ""
    if case.equals(measured, -1):
        return case.say("Your value has the wrong sign.", "Your values have the wrong sign.")
    named = _named_factor(case, abs(measured))
    if named and measured < 0:
        return f"{named} {case.say('Its', 'Their')} sign is wrong as well."
    return named


def _named_factor(case: Case, measured: float) -> str:
    is_, one = case.say("Your value is", "Your values are"), case.say("the expected one", "the expected ones")
    it, mean, total = ("are they", "means", "sums") if case.plural else ("is it", "a mean", "a sum")
    if case.equals(measured, 2):
        return f"{is_} exactly twice {one}." if case.integers else f"{is_} exactly twice {one}: is the ½ missing?"
    if case.equals(measured, 0.5):
        return f"{is_} exactly half {one}." if case.integers else f"{is_} exactly half {one}: is there a ½ too many?"
    for number, name, used, asked in () if case.integers else _LOGS:
        if case.equals(measured, number):
            return f"{is_} {name} = {number:.4f} times {one}: is {used} used in place of {asked}?"
    for root, name in ((math.sqrt(2), "√2"), (math.sqrt(0.5), "1/√2")):
        if case.equals(measured, root):
            return f"{is_} {name} times {one}."
    if times := _whole(case, measured):
        said = f"{is_} exactly {times} times {one}"
        if case.integers or _small_numbers(case):
            return f"{said}." if case.scale != 1 else ""  # every whole number is a multiple of 1
        if case.expected.ndim > 1 and times == case.shape[0]:
            return f"{said}: is the division by the batch size ({times}) missing?"
        if times == 100:
            return f"{said}: percent in place of a fraction, or {total} in place of {mean}?"
        return f"{said}: {it} {total} in place of {mean} (over {times} values)?"
    if times := _whole(case, 1 / measured):
        said = f"{is_} exactly 1/{times} of {one}"
        if case.integers or _small_numbers(case):
            return f"{said}."
        if case.expected.ndim > 1 and times == case.shape[0]:
            return f"{said}: is there a division by the batch size ({times}) too many?"
        if times == 100:
            return f"{said}: a fraction in place of percent, or {mean} in place of {total}?"
        return f"{said}: {it} {mean} in place of {total} (over {times} values)?"
    return _counting_factor(case, measured, is_, one)


def _small_numbers(case: Case) -> bool:
    """Whether all the evidence is two whole numbers, of which one is easily a multiple of the other."""
    first, second = float(case.actual.flat[0]), float(case.expected.flat[0])
    return not case.plural and first.is_integer() and second.is_integer() and max(abs(first), abs(second)) < 1000


def _whole(case: Case, ratio: float) -> int:
    """The whole number that a ratio is, 0 if it is none, or one so large that nearly every ratio would be near some such number."""
    if not 2.5 < ratio < 1e6:
        return 0
    whole = round(ratio)
    telling = whole <= (1000, 500, 25, 10)[case.coarseness] or whole in (*case.shape, 100, 1000) or whole & (whole - 1) == 0
    return whole if telling and case.equals(ratio, whole) else 0


def _counting_factor(case: Case, measured: float, is_: str, one: str) -> str:
    """n/(n - 1) and its inverse: the two ways to average squares."""
    if case.integers or case.coarseness > 2 or abs(measured - 1) < 1e-3 or not 0.6 < measured < 1.6:
        return ""
    most = 20 if case.alone or case.coarseness == 2 else 50
    larger = max(measured, 1 / measured)
    count = round(larger / (larger - 1))
    if not 3 <= count <= most or not case.equals(larger, count / (count - 1)):
        return ""
    wrong, right = (count - 1, count) if measured > 1 else (count, count - 1)
    fraction = f"{count}/{count - 1}" if measured > 1 else f"{count - 1}/{count}"
    return f"{is_} {fraction} times {one}: is it divided by {wrong} in place of {right}?"


def shift(case: Case) -> str:
    """The same difference everywhere."""
    if not case.plural:
        return ""
    difference = float((case.actual - case.expected).mean())
    spread = float(np.ptp(case.expected))
    guess = case.expected + difference
    if case.expected.size < 3 or not case.explains(guess) or float(np.abs(case.actual - guess).max()) > _LEFT_OF_SPREAD * spread:
        return ""
    said = f"Every value is {number_text(abs(difference), 4)} too {'large' if difference > 0 else 'small'}"
    if case.integers and abs(difference) == 1:
        return f"{said}: is it counted from {'1 in place of 0' if difference > 0 else '0 in place of 1'}?"
    return f"{said}."


def affine(case: Case) -> str:
    """A factor and a shift in one: at least four different values have to agree on the two."""
    if case.alone or case.integers or len(np.unique(case.expected)) < 4:
        return ""
    centre = case.expected.mean()
    unit = (case.expected - centre) / case.scale
    slope = float(np.vdot(case.actual, unit) / np.vdot(unit, unit)) / case.scale
    offset = float(case.actual.mean() - slope * centre)
    guess = slope * case.expected + offset
    if not case.explains(guess) or float(np.abs(case.actual - guess).max()) > _LEFT_OF_SPREAD * float(np.ptp(case.actual)):
        return ""
    by = f"{'plus' if offset > 0 else 'minus'} {number_text(abs(offset), 4)}"
    said = f"Your values are {number_text(slope, 4)} times the expected ones {by}"
    return f"{said}: is a normalisation left out, or made with another mean or deviation?"


def one_off(case: Case) -> str:
    """A count that is one too large or too small."""
    if case.plural or not case.integers or case.gap != 1:
        return ""
    return f"It is one too {'large' if case.actual.item() > case.expected.item() else 'small'}: off by one?"


def rectified(case: Case) -> str:
    """A ReLU, or an absolute value, where there should be none; or none where there should be one."""
    if not case.plural or case.integers:
        return ""
    if case.expected.min() < 0:
        if case.explains(np.maximum(case.expected, 0)):
            return "Your negative values are cut off at 0: is there a ReLU too many?"
        if case.explains(np.abs(case.expected)):
            return "Your values have lost their sign: is there an abs (or a square) too many?"
    elif case.actual.min() < 0:
        if case.explains(np.maximum(case.actual, 0), case.expected):
            return "Where yours are negative, 0 is expected: is a ReLU missing?"
        if case.explains(np.abs(case.actual), case.expected):
            return "The sizes are right, but yours have signs: is an abs missing?"
    return ""


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))


_FUNCTIONS: tuple[tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], str], ...] = (
    (np.log, "the natural logarithm of {}: is there a log too many?"),
    (np.log2, "the logarithm to base 2 of {}: is there a log too many?"),
    (np.exp, "exp of {}: is a log missing, or an exp too many?"),
    (lambda x: np.exp(-x), "exp(-v) for the expected v: is the -log missing?"),
    (lambda x: -np.log(x), "-ln of {}: is there a -log too many?"),
    (np.sqrt, "the square root of {}."),
    (np.square, "the square of {}: is a square root missing, or a square too many?"),
    (np.reciprocal, "1 divided by {}."),
    (lambda x: 1 - x, "1 minus {}."),
    (_sigmoid, "the sigmoid of {}: is there a sigmoid too many?"),
    (np.tanh, "the tanh of {}: is there a tanh too many?"),
)
_MISSING: tuple[tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], str], ...] = (
    (_sigmoid, "The sigmoid is missing: that of {} is what is expected."),
    (np.tanh, "The tanh is missing: that of {} is what is expected."),
)


def function(case: Case) -> str:
    """A function of each expected value, or one that is still to be applied to each."""
    if case.integers:
        return ""  # 4 is both the square and the double of 2
    for apply, wording in _FUNCTIONS:
        if case.explains(apply(case.expected)) and _steep(case, apply, case.expected):
            said = wording.format(case.say("the expected one", "the expected ones"))
            return f"{case.say('Your value is', 'Your values are')} {said}"
    for apply, wording in _MISSING:
        if case.explains(apply(case.actual), case.expected) and _steep(case, apply, case.actual):
            return wording.format(case.say("your value", "your values"))
    return ""


def _steep(case: Case, apply: Callable[[NDArray[np.float64]], NDArray[np.float64]], values: NDArray[np.float64]) -> bool:
    """Whether the function tells most of the values from ones that are a hundredth away: a sigmoid of 50 is that of 60."""
    here, there = apply(values), apply(1.01 * values + 1e-3)
    return 2 * int((np.abs(there - here) > 10 * case.tight * np.abs(here)).sum()) >= values.size


def dropped(case: Case) -> str:
    """Some values are zero and all others are right but for one factor: dropout."""
    zero = (case.actual == 0) & (np.abs(case.expected) > 1e-3 * case.scale)
    kept = ~zero & (case.expected != 0)
    if zero.sum() < 2 or kept.sum() < 3:
        return ""
    scaling = float(np.median(case.actual[kept] / case.expected[kept]))
    if not scaling >= 0.99 or not case.explains(np.where(zero, 0.0, scaling * case.expected)):
        return ""
    said = f"{int(zero.sum())} of your {case.expected.size} values are 0"
    if case.equals(scaling, 1):
        return f"{said}, and the others are right."
    times = number_text(scaling, 4)
    return f"{said}, and the others {times} times the expected ones: is dropout at work (train mode in place of eval mode)?"


EARLY: tuple[Callable[[Case], str], ...] = (one_off, nothing_filled_in, rounding, precision, telling_factor, rectified)
LATE: tuple[Callable[[Case], str], ...] = (any_factor, function, affine, dropped)
