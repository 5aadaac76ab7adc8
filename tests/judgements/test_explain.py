"""Explanations of wrong values: each speaks where it holds, and nowhere else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from grader.judgements.explain import common_factor, explain_shape, explain_values

Floats = NDArray[np.float64]


def explained(actual: Any, expected: Any, coarseness: int = 1) -> str:
    return explain_values(np.asarray(actual), np.asarray(expected), coarseness=coarseness)


def soft(scores: Floats, axis: int = 1) -> Floats:
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def itself(x: Floats) -> Floats:
    return x


def keep_first_row(x: Floats) -> Floats:
    return np.concatenate([x[:1], 3 * x[1:] ** 2 + 0.7])


def dropout(x: Floats) -> Floats:
    return np.where(np.arange(x.size).reshape(x.shape) % 4 == 1, 0, x / 0.75)


def spoil(x: Floats, places: Any) -> Floats:
    spoilt = x.copy()
    spoilt[places] += 0.3 + 0.1 * np.arange(spoilt[places].size).reshape(spoilt[places].shape) ** 2
    return spoilt


# What a student's code computed and what was asked for, both from one random (4, 5) array, and what is said.
THEORIES: list[tuple[Callable[[Floats], Floats], Callable[[Floats], Floats], str]] = [
    (lambda x: 2 * x, itself, "Your values are exactly twice the expected ones: is the ½ missing?"),
    (lambda x: x / 2, itself, "Your values are exactly half the expected ones: is there a ½ too many?"),
    (lambda x: -x, itself, "Your values have the wrong sign."),
    (
        lambda x: -2 * x,
        itself,
        "Your values are exactly twice the expected ones: is the ½ missing? Their sign is wrong as well.",
    ),
    (lambda x: 4 * x, itself, "Your values are exactly 4 times the expected ones: is the division by the batch size (4) missing?"),
    (
        lambda x: x / 4,
        itself,
        "Your values are exactly 1/4 of the expected ones: is there a division by the batch size (4) too many?",
    ),
    (
        lambda x: 5 * x,
        itself,
        "Your values are exactly 5 times the expected ones: are they sums in place of means (over 5 values)?",
    ),
    (lambda x: x / 7, itself, "Your values are exactly 1/7 of the expected ones: are they means in place of sums (over 7 values)?"),
    (
        lambda x: 100 * x,
        itself,
        "Your values are exactly 100 times the expected ones: percent in place of a fraction, or sums in place of means?",
    ),
    (
        lambda x: x / 100,
        itself,
        "Your values are exactly 1/100 of the expected ones: a fraction in place of percent, or means in place of sums?",
    ),
    (
        lambda x: x * math.log(2),
        itself,
        "Your values are ln 2 = 0.6931 times the expected ones: is ln used in place of log₂?",
    ),
    (
        lambda x: x / math.log(2),
        itself,
        "Your values are 1/ln 2 = 1.4427 times the expected ones: is log₂ used in place of ln?",
    ),
    (
        lambda x: x / math.log(10),
        itself,
        "Your values are 1/ln 10 = 0.4343 times the expected ones: is log₁₀ used in place of ln?",
    ),
    (
        lambda x: x * math.log(10),
        itself,
        "Your values are ln 10 = 2.3026 times the expected ones: is ln used in place of log₁₀?",
    ),
    (
        lambda x: x * math.log10(2),
        itself,
        "Your values are log₁₀ 2 = 0.3010 times the expected ones: is log₁₀ used in place of log₂?",
    ),
    (lambda x: x * math.sqrt(2), itself, "Your values are √2 times the expected ones."),
    (lambda x: x * 6 / 5, itself, "Your values are 6/5 times the expected ones: is it divided by 5 in place of 6?"),
    (lambda x: x * 5 / 6, itself, "Your values are 5/6 times the expected ones: is it divided by 6 in place of 5?"),
    (
        lambda x: 0.37 * x,
        itself,
        "Your values are 0.37 times the expected ones throughout: is a constant factor wrong or missing?",
    ),
    (lambda x: x + 0.5, itself, "Every value is 0.5 too large."),
    (lambda x: x - 3, itself, "Every value is 3 too small."),
    (lambda x: np.maximum(x, 0), itself, "Your negative values are cut off at 0: is there a ReLU too many?"),
    (itself, lambda x: np.maximum(x, 0), "Where yours are negative, 0 is expected: is a ReLU missing?"),
    (np.abs, itself, "Your values have lost their sign: is there an abs (or a square) too many?"),
    (itself, np.abs, "The sizes are right, but yours have signs: is an abs missing?"),
    (lambda x: np.round(x, 3), itself, "Your values are rounded to 3 decimals."),
    (lambda x: np.round(100 * x), lambda x: 100 * x, "Your values are rounded to whole numbers."),
    (
        lambda x: np.trunc(100 * x).astype(np.int64),
        lambda x: 100 * x,
        "Your values are cut down to whole numbers: are they kept in an integer array, or is // used?",
    ),
    (
        lambda x: x.astype(np.float32).astype(np.float64),
        itself,
        "Your values have the precision of float32 only: compute in float64.",
    ),
    (np.zeros_like, itself, "All your values are 0: is the result ever filled in?"),
    (lambda x: np.full_like(x, 0.1), itself, "All your values are the same (0.1)."),
    (np.ones_like, soft, "All your values are 1: is each divided by itself, as a softmax over an axis of length 1 does?"),
    (
        lambda x: x / 2 + 0.5,
        itself,
        "Your values are 0.5 times the expected ones plus 0.5: is a normalisation left out, or made with another mean or deviation?",
    ),
    (
        lambda x: 0.3 * x - 2,
        itself,
        "Your values are 0.3 times the expected ones minus 2: is a normalisation left out, or made with another mean or deviation?",
    ),
    # softmax and its kin
    (itself, soft, "The softmax along axis 1 is missing: that of your values is what is expected."),
    (itself, lambda x: np.log(soft(x)), "The log-softmax along axis 1 is missing: that of your values is what is expected."),
    (lambda x: soft(soft(x)), soft, "The softmax along axis 1 is applied twice."),
    (soft, itself, "Your values are the softmax along axis 1 of the expected ones: return the scores as they are."),
    (
        lambda x: np.log(soft(x)),
        itself,
        "Your values are the log-softmax along axis 1 of the expected ones: return the scores as they are.",
    ),
    (
        lambda x: np.log(soft(x)),
        soft,
        "Yours are the logarithms of the expected probabilities: softmax is asked for, not log-softmax.",
    ),
    (
        soft,
        lambda x: np.log(soft(x)),
        "The log is missing: yours are probabilities, their logarithms are expected.",
    ),
    (
        lambda x: soft(x, 0),
        soft,
        "Each column of yours sums to 1, where each row should: normalised over axis 0 in place of axis 1.",
    ),
    (
        soft,
        lambda x: soft(x, 0),
        "Each row of yours sums to 1, where each column should: normalised over axis 1 in place of axis 0.",
    ),
    (lambda x: np.log(soft(x, 0)), lambda x: np.log(soft(x)), "The log-softmax is taken over axis 0 in place of axis 1."),
    (np.exp, soft, "Each row has yet to be divided by its sum."),
    (
        lambda x: soft(x) * soft(x, 0) / (soft(x) * soft(x, 0)).sum(),
        soft,
        "All your values together sum to 1, where each row should: normalise along axis 1.",
    ),
    (
        lambda x: x - x.mean(axis=1, keepdims=True),
        lambda x: x - x.mean(axis=0),
        "Each row of yours has mean 0, where each column should: is the mean taken over the wrong axis?",
    ),
    (
        lambda x: x + x[0] ** 2 + 1,
        itself,
        "Every row is off by the same amounts: is a bias missing, or added twice or along the wrong axis?",
    ),
    (
        lambda x: x + x[:, :1] ** 2 + 1,
        itself,
        "Every column is off by the same amounts: is a bias missing, or added twice or along the wrong axis?",
    ),
    (
        lambda x: x * (np.arange(4) + 1.3)[:, None],
        itself,
        "Each row is the expected one times a factor of its own: is something multiplied or divided along the wrong axis?",
    ),
    # functions of each value
    (np.exp, itself, "Your values are exp of the expected ones: is a log missing, or an exp too many?"),
    (itself, np.exp, "Your values are the natural logarithm of the expected ones: is there a log too many?"),
    (
        lambda x: np.log2(np.abs(x)),
        np.abs,
        "Your values are the logarithm to base 2 of the expected ones: is there a log too many?",
    ),
    (lambda x: np.exp(-x), itself, "Your values are exp(-v) for the expected v: is the -log missing?"),
    (lambda x: -np.log(np.abs(x)), np.abs, "Your values are -ln of the expected ones: is there a -log too many?"),
    (lambda x: np.sqrt(np.abs(x)), np.abs, "Your values are the square root of the expected ones."),
    (
        np.square,
        itself,
        "Your values are the square of the expected ones: is a square root missing, or a square too many?",
    ),
    (np.reciprocal, itself, "Your values are 1 divided by the expected ones."),
    (lambda x: 1 - x, itself, "Your values are 1 minus the expected ones."),
    (np.tanh, itself, "Your values are the tanh of the expected ones: is there a tanh too many?"),
    (itself, np.tanh, "The tanh is missing: that of your values is what is expected."),
    (lambda x: 1 / (1 + np.exp(-x)), itself, "Your values are the sigmoid of the expected ones: is there a sigmoid too many?"),
    (itself, lambda x: 1 / (1 + np.exp(-x)), "The sigmoid is missing: that of your values is what is expected."),
    (
        dropout,
        itself,
        "5 of your 20 values are 0, and the others 1.333 times the expected ones: "
        "is dropout at work (train mode in place of eval mode)?",
    ),
    (lambda x: 0.75 * dropout(x), itself, "5 of your 20 values are 0, and the others are right."),
    # the order of the values
    (lambda x: x[:, :4].T, lambda x: x[:, :4], "It is transposed."),
    (
        lambda x: x.reshape(5, 2, 2).transpose(0, 2, 1),
        lambda x: x.reshape(5, 2, 2),
        "Its axes 1 and 2 are swapped.",
    ),
    (lambda x: x[::-1], itself, "Your rows are in reversed order."),
    (lambda x: x[:, ::-1], itself, "Your columns are in reversed order."),
    (lambda x: x[0, ::-1], lambda x: x[0], "Your values are in reversed order."),
    (lambda x: x.reshape(2, 2, 5)[..., ::-1], lambda x: x.reshape(2, 2, 5), "It is in reversed order along axis 2."),
    (
        lambda x: x[::-1, ::-1],
        itself,
        "It is turned by 180° (both of the last axes reversed): is a kernel flipped that should not be, or the other way round?",
    ),
    (lambda x: np.roll(x, 1, 1), itself, "Your values are rolled by one place along axis 1."),
    (
        lambda x: x.ravel()[1:],
        lambda x: x.ravel()[:-1],
        "Your value at i is the expected one at i + 1: is an index off by one?",
    ),
    (
        lambda x: x[:, :-1],
        lambda x: x[:, 1:],
        "Your value at i is the expected one at i - 1 along axis 1: is an index off by one?",
    ),
    (
        lambda x: x.reshape(5, 4),
        lambda x: x.T,
        "The right values in the wrong places: reshape does not move axes, transpose (or permute) does.",
    ),
    (lambda x: x[[2, 0, 3, 1]], itself, "The right rows, in another order."),
    (lambda x: np.sort(x.ravel()), lambda x: x.ravel(), "The right values, but sorted."),
    (lambda x: x.ravel()[np.arange(20) * 7 % 20], lambda x: x.ravel(), "The right values in another order."),
    (
        lambda x: np.tile(x[0], (4, 1)),
        itself,
        "All your rows are the same (the first row, which is right): is a value broadcast by accident?",
    ),
    (lambda x: np.tile(x.mean(0), (4, 1)), itself, "All your rows are the same: is a value broadcast by accident?"),
    (
        lambda x: np.cumsum(x[0]),
        lambda x: x[0],
        "Your values are the running total of the expected ones: is a sum not set back to 0?",
    ),
    (lambda x: x[0], lambda x: np.cumsum(x[0]), "The running total of your values is what is expected."),
    # which values are wrong
    (lambda x: spoil(x, np.s_[-1]), itself, "Only the last row is wrong."),
    (lambda x: spoil(x, np.s_[:, -1]), itself, "Only the last column is wrong."),
    (lambda x: spoil(x[0], np.s_[-1:]), lambda x: x[0], "Only the last value is wrong."),
    (lambda x: spoil(x[0], np.s_[:1]), lambda x: x[0], "Only the first value is wrong."),
    (keep_first_row, itself, "Only the first row is right: does a return inside the loop end it too early?"),
    (lambda x: spoil(x, np.s_[2:]), itself, "The first 2 rows are right, and all later ones wrong."),
    (lambda x: spoil(x, np.s_[1]), itself, "All wrong values are in row 1."),
    (
        lambda x: spoil(x.reshape(2, 5, 2), np.s_[:, 3]),
        lambda x: x.reshape(2, 5, 2),
        "All wrong values are at index 3 of axis 1.",
    ),
    (
        lambda x: np.where(np.pad(np.zeros((2, 3)), 1, constant_values=1) > 0, x**2 + 0.7, x),
        itself,
        "Only values at the border are wrong: is the padding right?",
    ),
    (
        lambda x: np.where(x < 0, x * x * x - 0.2, x),
        itself,
        "Wrong are exactly those values that should be negative.",
    ),
]


def numbers(seed: int) -> Floats:
    """Random numbers of both signs everywhere, none of them near 0 or another: a (4, 5) array."""
    rng = np.random.default_rng(seed)
    sizes = rng.permutation(np.linspace(0.3, 2.5, 20)) + rng.uniform(-0.04, 0.04, 20)
    signs = np.tile([1.0, -1.0], 10)
    return (sizes * signs).reshape(4, 5)


@pytest.mark.parametrize(("student", "oracle", "text"), THEORIES, ids=[text for _, _, text in THEORIES])
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_holds_is_said(student: Any, oracle: Any, text: str, seed: int) -> None:
    """Whatever the numbers are, the explanation is found, and it is this one."""
    x = numbers(seed)
    assert explained(student(x), oracle(x)) == text


STRUCTURE = (
    "Your value at i is",
    "Only the last",
    "Only the first",
    "The first 2 rows",
    "All wrong values",
    "Only values at the border",
    "Wrong are exactly",
)


@pytest.mark.parametrize(
    ("student", "oracle", "text"),
    [theory for theory in THEORIES if not theory[2].startswith(STRUCTURE)],
    ids=[text for _, _, text in THEORIES if not text.startswith(STRUCTURE)],
)
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_one_value_that_disagrees_silences_it(student: Any, oracle: Any, text: str, seed: int, data: Any) -> None:
    """With one element a tenth off, the explanation does not hold and is not given."""
    x = numbers(seed)
    actual = np.array(student(x), dtype=np.float64)
    place = data.draw(st.integers(0, actual.size - 1))
    actual.flat[place] = 0.1 + 1.1 * abs(actual.flat[place])
    said = explained(actual, oracle(x))
    assert said != text
    assert said == "" or said.startswith((*STRUCTURE, "The first"))


SHAPES = st.sampled_from([(6,), (20,), (3, 4), (4, 4), (8, 10), (2, 3, 4), (3, 3, 3), (2, 3, 5, 5)])


@settings(max_examples=100)
@given(
    seed=st.integers(0, 2**32 - 1), shape=SHAPES, size=st.sampled_from([1e-4, 1e-2, 0.3, 2.0]), coarseness=st.sampled_from([1, 2])
)
def test_random_errors_are_not_explained(seed: int, shape: Any, size: float, coarseness: int) -> None:
    """Every element is off by an amount of its own: nothing is said, however large or small the errors are."""
    rng = np.random.default_rng(seed)
    expected = rng.normal(size=shape)
    actual = expected * (1 + size * rng.uniform(0.2, 1, shape) * rng.choice([-1, 1], shape))
    assert explained(actual, expected, coarseness) == ""


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), shape=SHAPES)
def test_other_numbers_are_not_explained(seed: int, shape: Any) -> None:
    """Numbers that have nothing to do with the expected ones are just wrong."""
    rng = np.random.default_rng(seed)
    assert explained(rng.normal(size=shape), rng.normal(size=shape)) == ""


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(-1e4, 1e4).filter(lambda k: abs(k) > 1e-4 and abs(k - 1) > 1e-3))
def test_a_constant_factor_is_always_found(seed: int, factor: float) -> None:
    """Whatever it is, and in either precision."""
    expected = numbers(seed)
    for dtype, coarseness in ((np.float64, 1), (np.float32, 2)):
        actual = (factor * expected).astype(dtype)
        found = common_factor(actual, expected, coarseness)
        assert found == pytest.approx(factor, rel=1e-5)
        assert re.match(r"Your values (are .* the expected ones|have the wrong sign)", explained(actual, expected, coarseness))


def claimed(text: str) -> Callable[[float], float] | None:
    """What a sentence about one number says that it is, as a function of the expected one; None for "1 divided by" and the like."""
    sign = -1.0 if "wrong sign" in text or "sign is wrong" in text else 1.0
    factors = {
        "has the wrong sign": 1.0,
        "exactly twice": 2.0,
        "exactly half": 0.5,
        "is 1/√2 times": math.sqrt(0.5),
        "is √2 times": math.sqrt(2),
    }
    for words, factor in factors.items():
        if words in text:
            return lambda x: sign * factor * x
    if found := re.search(r"exactly (\d+) times", text):
        return lambda x: sign * int(found[1]) * x
    if found := re.search(r"exactly 1/(\d+) of", text):
        return lambda x: sign * x / int(found[1])
    if found := re.search(r"is (\d+)/(\d+) times", text):
        return lambda x: sign * x * int(found[1]) / int(found[2])
    if found := re.search(r"is (\S+) (\S+) = ", text):
        log = {"ln": math.log, "1/ln": lambda x: 1 / math.log(x), "log₁₀": math.log10, "log₂": math.log2}[found[1]]
        return lambda x: sign * x * log(int(found[2]))
    functions: dict[str, Callable[[float], float]] = {
        "natural logarithm": math.log,
        "base 2": math.log2,
        "exp of": math.exp,
        "exp(-v)": lambda x: math.exp(-x),
        "-ln of": lambda x: -math.log(x),
        "square root of": math.sqrt,
        "square of": lambda x: x * x,
        "1 divided by": lambda x: 1 / x,
        "1 minus": lambda x: 1 - x,
        "sigmoid of the expected": lambda x: 1 / (1 + math.exp(-x)),
        "sigmoid is missing": lambda x: math.log(x / (1 - x)),
        "tanh of the expected": math.tanh,
        "tanh is missing": math.atanh,
        "cut down to a whole": math.trunc,
        "rounded to a whole": round,
    }
    for words, function in functions.items():
        if words in text:
            return function
    if found := re.search(r"rounded to (\d) decimal", text):
        return lambda x: round(x, int(found[1]))
    return None


@settings(max_examples=200)
@given(actual=st.floats(-1e3, 1e3), expected=st.floats(-1e3, 1e3), coarseness=st.sampled_from([1, 2]))
def test_what_is_said_of_one_number_is_true(actual: float, expected: float, coarseness: int) -> None:
    """Two numbers that have nothing to do with each other are rarely explained, and where they are, it holds."""
    assume(actual != expected)
    text = explained(actual, expected, coarseness)
    if not text or "digits only" in text or "precision of float32" in text:
        return
    function = claimed(text)
    assert function is not None, text
    assert actual == pytest.approx(function(expected), rel=3e-5)


ANY = st.floats(allow_nan=True, allow_infinity=True, width=64) | st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1e308, -1e308])


@settings(max_examples=100)
@given(
    data=st.data(), shape=st.sampled_from([(), (1,), (2,), (4,), (2, 2), (2, 3), (1, 4), (2, 2, 3)]), coarseness=st.integers(0, 3)
)
def test_no_numbers_are_too_extreme_to_look_at(data: Any, shape: Any, coarseness: int) -> None:
    """Denormal, huge, infinite, nan or zero: there is an explanation or none, and no error."""
    actual, expected = (data.draw(hnp.arrays(np.float64, shape, elements=ANY)) for _ in range(2))
    assert isinstance(explained(actual, expected, coarseness), str)


def test_two_numbers_by_chance_are_hardly_ever_explained() -> None:
    """Of 2,000 pairs of random numbers, at most 4 are taken for a known relation."""
    rng = np.random.default_rng(11)
    pairs = rng.uniform(0.001, 50, (2_000, 2))
    assert sum(explained(actual, expected) != "" for actual, expected in pairs) <= 4


# --- one number -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (1.623606, 0.811803, "Your value is exactly twice the expected one: is the ½ missing?"),
        (0.3741, 4.1151, "Your value is exactly 1/11 of the expected one: is it a mean in place of a sum (over 11 values)?"),
        (
            0.5372,
            53.72,
            "Your value is exactly 1/100 of the expected one: a fraction in place of percent, or a mean in place of a sum?",
        ),
        (
            2.3227867799039226,
            3.3510744405468786,
            "Your value is ln 2 = 0.6931 times the expected one: is ln used in place of log₂?",
        ),
        (-2.3227867799039226, 2.3227867799039226, "Your value has the wrong sign."),
        (0.098000100000000, 2.3227867799039226, "Your value is exp(-v) for the expected v: is the -log missing?"),
        (0.09801, 2.3227867799039226, ""),
        (0.81, 0.811803, "Your value is rounded to 2 decimals."),
        (14, 14.75, "Your value is the expected one cut down to a whole number: is // or int() used?"),
        (float(np.float32(0.811803)), 0.811803, "Your value has the precision of float32 only: compute in float64."),
        (
            2.3227877,
            2.3227867799039226,
            "It agrees to 6 digits only: is a part computed in float32, or a small constant left out or added?",
        ),
        (0.9, 0.811803, ""),
        (0.0, 0.811803, ""),
        (5, 1, ""),
        (6, 2, "Your value is exactly 3 times the expected one."),
        (6.0, 2.0, "Your value is exactly 3 times the expected one."),
        (4, 2, "Your value is exactly twice the expected one."),
        (11, 10, "It is one too large: off by one?"),
        (1, 2, "It is one too small: off by one?"),
        (16, 4, "Your value is exactly 4 times the expected one."),
        (3.0, 0.0, ""),
    ],
)
def test_one_number_is_explained_by_a_relation_that_has_a_name(actual: float, expected: float, text: str) -> None:
    """Any number is some multiple of any other: only telling ones are named, and whole numbers say little."""
    assert explained(actual, expected) == text


def test_counts_and_labels_are_not_taken_for_measurements() -> None:
    """Integers get no logarithms; labels counted from 1 are named."""
    assert explained([2, 1, 4, 3], [1, 0, 3, 2], 0) == "Every value is 1 too large: is it counted from 1 in place of 0?"
    assert explained([4, 16, 25], [2, 4, 5], 0) == ""
    assert explained([2, 4, 10], [1, 2, 5], 0) == "Your values are exactly twice the expected ones."
    assert explained([3, 6, 15], [1, 2, 5], 0) == "Your values are exactly 3 times the expected ones."


def test_half_precision_is_given_its_tolerance() -> None:
    """What is twice the expected value up to a rounding to 11 bits is still twice."""
    expected = numbers(4)
    assert explained((2 * expected).astype(np.float16), expected, 3) == (
        "Your values are exactly twice the expected ones: is the ½ missing?"
    )


def test_a_single_value_in_many_is_no_pattern() -> None:
    """A one-hot vector that is hot elsewhere is neither reversed nor shifted."""
    assert explained(np.eye(5)[3], np.eye(5)[1]) == ""
    assert explained(np.eye(5)[4], np.eye(5)[3]) == "The first 3 values are right, and all later ones wrong."


# --- not numbers ------------------------------------------------------------------------------------------------------------------

SOFTMAX = soft(numbers(1))


@pytest.mark.parametrize(
    ("places", "value", "expected", "text"),
    [
        (
            np.s_[1, 2],
            np.nan,
            numbers(1),
            "1 of your values is nan (at (1, 2)): look for 0/0, ∞ - ∞, or the log or root of a negative number. "
            "All other values are right.",
        ),
        (
            np.s_[1],
            np.nan,
            SOFTMAX,
            "5 of your values are nan (at (1, 0), (1, 1), (1, 2) and 2 more): look for 0/0, ∞ - ∞, or the log or root of a negative "
            "number. In a softmax, subtract the largest score before exp. All other values are right.",
        ),
        (np.s_[:], np.nan, numbers(1), "All your values are nan: look for 0/0, ∞ - ∞, or the log or root of a negative number."),
        (
            np.s_[:2, 3],
            np.inf,
            numbers(1),
            "2 of your values are infinite (at (0, 3) and (1, 3)): look for a division by 0, the log of 0, or the exp of a large "
            "number. All other values are right.",
        ),
        (
            np.s_[0, 0],
            -np.inf,
            numbers(1),
            "1 of your values is -∞ (at (0, 0)): look for the log of 0. All other values are right.",
        ),
    ],
)
def test_where_it_is_not_a_number_is_told(places: Any, value: float, expected: Floats, text: str) -> None:
    """How many, where, how it comes about, and whether the rest is right."""
    actual = expected.copy()
    actual[places] = value
    assert explained(actual, expected) == text


def test_a_number_where_infinity_is_asked_for() -> None:
    """The other way round, too; and one number alone."""
    assert explained([1.0, 2.0], [1.0, np.inf]) == "Where yours is a finite number, infinity (or nan) is expected."
    assert explained(np.inf, 3.0) == "It is infinite: look for a division by 0, the log of 0, or the exp of a large number."
    assert explained([np.inf, 2.0], [np.inf, 4.0]) == ""


# --- large arrays -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("student", "text"),
    [
        (lambda x: 2 * x, "Your values are exactly twice the expected ones: is the ½ missing?"),
        (lambda x: x + 0.25, "Every value is 0.25 too large."),
        (lambda x: np.maximum(x, 0), "Your negative values are cut off at 0: is there a ReLU too many?"),
        (np.zeros_like, "All your values are 0: is the result ever filled in?"),
        (lambda x: spoil(x, np.s_[-1]), "Only the last row is wrong."),
        (lambda x: x * np.linspace(1.1, 2, 500), ""),
    ],
)
def test_large_arrays_are_explained_too(student: Any, text: str) -> None:
    """By the theories that look at each value, and by which values are wrong."""
    x = np.random.default_rng(6).normal(size=(600, 500))
    assert explained(student(x), x) == text


@pytest.mark.parametrize("place", [0, 1, 77_777, 299_999])
def test_one_value_of_a_large_array_that_disagrees_silences_it(place: int) -> None:
    """A sample may miss it, the explanation does not."""
    x = np.random.default_rng(6).normal(size=300_000)
    actual = 2 * x
    actual[place] += 1
    assert explained(actual, x) == ""
    actual = 2 * x
    actual[place] = x[place]
    assert "twice" not in explained(actual, x)


# --- shapes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        ((10, 4), (4, 10), "It is transposed."),
        ((4, 32, 32, 3), (4, 3, 32, 32), "The channels come last: they belong on axis 1."),
        ((4, 3, 32, 28), (4, 32, 28, 3), "The channels come on axis 1: they belong last."),
        ((3, 2, 4), (2, 3, 4), "Its axes 0 and 1 are swapped."),
        ((4, 2, 3), (2, 3, 4), "Its last axis comes first."),
        ((2, 5, 3, 3), (5, 2, 3, 3), "Its axes 0 and 1 are swapped."),
        ((4, 6, 3), (3, 4, 6), "Its first axis comes last."),
        ((5, 4, 2, 3), (2, 3, 4, 5), "Its axes are in the order (3, 2, 0, 1)."),
        ((4, 4, 2), (4, 2, 4), "Its axes 1 and 2 are swapped."),
        ((3, 3, 2), (2, 3, 3), "Its first axis comes last."),
        (
            (1,),
            (),
            "A number is asked for, and yours is wrapped in an array of one element: take it out, for example with .item().",
        ),
        ((5,), (), "One number is asked for: are the values not summed or averaged yet?"),
        ((), (1, 1), "An array of shape (1, 1) is asked for, and yours is a plain number."),
        ((), (5,), "It is one number: is a sum, mean or max taken over everything, where an axis should be given?"),
        ((0, 10), (4, 10), "It is empty."),
        ((5, 1), (5,), "There is an axis of length 1 too many: squeeze it away, or leave out keepdims."),
        ((5, 1, 1), (5,), "There are axes of length 1 too many: squeeze them away."),
        ((5,), (5, 1), "An axis of length 1 is missing: keepdims=True keeps it, reshape or unsqueeze puts it back."),
        ((5,), (1, 5, 1), "Axes of length 1 are missing."),
        ((1, 5), (5, 1), "It is transposed."),
        ((7, 7), (7,), "Each value met each other one: (7,) and (7, 1) were broadcast against each other."),
        ((7, 7), (7, 1), "Each value met each other one: (7,) and (7, 1) were broadcast against each other."),
        ((40,), (4, 10), "It is flattened."),
        ((4, 400), (4, 16, 5, 5), "Its axes from 1 on are flattened into one."),
        ((4, 16, 5, 5), (4, 400), "It has to be flattened to (4, 400)."),
        ((8, 5), (4, 10), "It has the right number of values, in another shape: reshape it."),
        (
            (10,),
            (4, 10),
            "The first axis (of length 4) is missing: is it summed away, or only one entry of it handled?",
        ),
        ((4, 5), (4, 10, 5), "Axis 1 (of length 10) is missing: is it summed or indexed away?"),
        ((4, 10, 5), (4, 5), "There is an axis too many: axis 1 (of length 10); is a sum, mean or max over it missing?"),
        ((2, 6, 28, 28), (2, 6, 14, 14), "The maps are twice as large on each side: is a pooling (or a stride of 2) missing?"),
        ((2, 6, 7, 7), (2, 6, 14, 14), "The maps are half as large on each side: is there a pooling (or a stride of 2) too many?"),
        (
            (2, 6, 32, 32),
            (2, 6, 28, 28),
            "The maps are 4 larger on each side: is there padding where none is asked for, or is the kernel of another size?",
        ),
        (
            (2, 6, 24, 30),
            (2, 6, 28, 34),
            "The maps are 4 smaller on each side: is padding missing, or is the kernel of another size?",
        ),
        ((4, 9), (4, 10), "Axis 1 is one too short: off by one?"),
        ((6,), (5,), "It is one too long: off by one?"),
        ((1, 10), (4, 10), "Only one entry of the 4 along the first axis came back."),
        ((4, 7), (4, 10), "Axis 1 has length 7 in place of 10."),
        ((3,), (10,), ""),
        ((3, 7), (4, 10), ""),
        ((4, 10), (4, 10), ""),
    ],
)
def test_a_wrong_shape_is_explained(actual: Any, expected: Any, text: str) -> None:
    """Each by the one thing that would make it right."""
    assert explain_shape(actual, expected) == text


AXES = st.lists(st.integers(0, 6), max_size=5).map(tuple)


@given(actual=AXES, expected=AXES)
def test_any_two_shapes_have_an_explanation_or_none(actual: Any, expected: Any) -> None:
    """Whatever the shapes are, and nothing for equal ones."""
    text = explain_shape(actual, expected)
    assert text == "" or (actual != expected and text.endswith((".", "?")))


def test_values_of_different_shapes_are_not_compared() -> None:
    """That is the caller's error."""
    with pytest.raises(ValueError, match=r"values of shapes \(3,\) and \(3, 1\) cannot be compared element by element"):
        explain_values(np.ones(3), np.ones((3, 1)))
