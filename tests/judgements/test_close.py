"""`assert_close`: what passes, what fails, and in which words."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.extra import numpy as hnp

from grader.errors import AssignmentError
from grader.judgements.compare import assert_close, assert_equal
from grader.outcomes import Outcome
from tests.judgements.failing import Handle, failure

SCORES = np.array([[0.2, -1.3, 2.1, 0.4], [1.7, 0.3, -0.6, -2.2], [0.9, 1.1, -0.7, 3.2]])
SOFTMAX = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)


# --- what passes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (0.5, 0.5),
        (np.float64(0.5), 0.5),
        (torch.tensor(0.5), np.array(0.5)),
        ([0.5, 0.25], np.array([0.5, 0.25])),
        (((1, 2), (3, 4)), torch.tensor([[1.0, 2.0], [3.0, 4.0]])),
        ([torch.tensor(1.0), torch.tensor(2.0)], [1.0, 2.0]),
        (torch.tensor([1.0, 2.0], requires_grad=True), [1, 2]),
        (torch.tensor([0.1, 0.2]).bfloat16(), [0.1, 0.2]),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([True, False]), [True, False]),
        (torch.tensor([1 + 2j]).conj(), [1 - 2j]),
        (np.array([np.inf, -np.inf, 1.0]), [np.inf, -np.inf, 1.0]),
        (torch.eye(2).to_sparse(), np.eye(2)),
        (np.array([1, 2.5], dtype=object), [1, 2.5]),
    ],
)
def test_the_same_numbers_are_close_in_whatever_they_are_held(actual: Any, expected: Any) -> None:
    """Numbers, lists, arrays and tensors of the same values and shape pass."""
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("dtype", "within", "beyond"),
    [
        (torch.float64, 5e-8, 5e-7),
        (torch.float32, 5e-5, 5e-4),
        (torch.float16, 5e-3, 5e-2),
        (torch.bfloat16, 5e-3, 5e-2),
    ],
)
def test_the_coarser_precision_sets_the_tolerance(dtype: torch.dtype, within: float, beyond: float) -> None:
    """A value of 100 may be off by its dtype's relative tolerance, whichever side has that dtype."""
    expected = np.array([100.0, 200.0])
    near, far = (torch.tensor(expected * (1 + error)).to(dtype) for error in (within, beyond))
    assert_close(near, expected)
    assert_close(torch.tensor(expected).to(dtype), near.double().numpy())
    failure(assert_close, far, expected)


def test_the_author_may_set_one_of_the_tolerances() -> None:
    """With `rtol` given, `atol` is still that of the precision, and the other way round."""
    assert_close(1.05, 1.0, rtol=0.1)
    assert_close(1e-10, 0.0, rtol=0.1)
    assert_close(1.05, 1.0, atol=0.1)
    assert_close(1e9 + 1, 1e9, atol=0.0)
    failure(assert_close, 1.05, 1.0, rtol=0.01)


def test_nan_is_equal_only_if_asked_for() -> None:
    """`equal_nan` lets nan meet nan, and nothing else."""
    expected = [1.0, float("nan")]
    assert_close([1.0, float("nan")], expected, equal_nan=True)
    failure(assert_close, [1.0, 2.0], expected, equal_nan=True)
    failure(assert_close, [float("nan"), float("nan")], expected, equal_nan=True)


def test_a_finite_number_is_not_close_to_infinity() -> None:
    """The tolerance of an infinite expected value is infinite, and still only infinity meets it."""
    assert (
        failure(assert_close, [5.0, 1.0], [np.inf, 1.0]).message
        == "the result: 1 of 2 values is wrong: at index 0, expected inf, got 5."
    )
    failure(assert_close, -np.inf, np.inf)


def test_small_integers_do_not_wrap_around() -> None:
    """The difference of unsigned bytes is taken in wide numbers."""
    message = failure(assert_close, np.uint8([1, 255]), np.uint8([255, 1])).message
    assert message == "the result: all 2 values are wrong; the worst is at index 0: expected 255, got 1 (difference 254)."


# --- what is said -----------------------------------------------------------------------------------------------------------------


def test_a_wrong_number_is_shown_beside_the_expected_one() -> None:
    """A scalar's message gives both, and the hint what it could be."""
    wrong = failure(assert_close, 1.623606, 0.811803, what="MSE(y, t)")
    assert wrong.message == "MSE(y, t): expected 0.811803, got 1.623606."
    assert wrong.hint == "Your value is exactly twice the expected one: is the ½ missing?"
    assert wrong.evidence == 1.623606
    assert wrong.outcome is Outcome.FAILED


def test_numbers_are_printed_with_as_many_digits_as_tell_them_apart() -> None:
    """Close numbers get more digits, and the difference beside what is allowed."""
    assert failure(assert_close, 0.8118031, 0.811803).message == (
        "the result: expected 0.811803, got 0.8118031 (difference 1e-07, allowed 8.2e-08)."
    )
    assert failure(assert_close, 1.0000000002, 1.0, rtol=0, atol=0).message == (
        "the result: expected 1, got 1.0000000002 (difference 2e-10, allowed 0)."
    )


def test_a_wrong_array_is_counted_and_its_worst_value_shown() -> None:
    """The count, the worst index, both values, the difference and what is allowed."""
    actual = SOFTMAX.copy()
    actual[1, 2] = 0.7311
    actual[0, 3] += 0.01
    actual[2, 0] += 0.02
    wrong = failure(assert_close, actual, SOFTMAX, what="softmax(x)")
    assert wrong.message == (
        "softmax(x): 3 of 12 values are wrong; the worst is at index (1, 2): "
        "expected 0.07334, got 0.7311 (difference 0.6578, allowed 8.3e-09)."
    )
    assert wrong.hint == ""


def test_one_wrong_value_and_all_wrong_values_read_well() -> None:
    """`1 of 3 values is`, and `all 3 values are`."""
    assert failure(assert_close, [1.0, 2.5, 3.0], [1, 2, 3]).message == (
        "the result: 1 of 3 values is wrong: at index 1, expected 2, got 2.5 (difference 0.5, allowed 2e-07)."
    )
    assert failure(assert_close, [2, 5, 9], [1, 2, 3]).message == (
        "the result: all 3 values are wrong; the worst is at index 2: expected 3, got 9 (difference 6)."
    )


def test_nan_is_the_worst_value_of_all() -> None:
    """nan is shown even where another value is further off, and never equals by accident."""
    actual = SOFTMAX.copy()
    actual[0, 0] = 50.0
    actual[2, 1] = np.nan
    assert failure(assert_close, actual, SOFTMAX).message == (
        "the result: 2 of 12 values are wrong; the worst is at index (2, 1): expected 0.09852, got nan."
    )


@pytest.mark.parametrize(
    ("actual", "expected", "message", "hint"),
    [
        (SCORES.T, SCORES, "expected shape (3, 4), got (4, 3).", "It is transposed. Its values are right."),
        (-SCORES.T, SCORES, "expected shape (3, 4), got (4, 3).", "It is transposed."),
        (
            np.ones((2, 4, 6)).cumsum(0).transpose(1, 2, 0) * np.arange(6)[:, None],
            np.ones((2, 4, 6)).cumsum(0) * np.arange(6),
            "expected shape (2, 4, 6), got (4, 6, 2).",
            "Its first axis comes last. Its values are right.",
        ),
        (SCORES.ravel(), SCORES, "expected shape (3, 4), got (12,).", "It is flattened. Its values are right."),
        (
            [0.5],
            0.5,
            "expected one number, got an array of shape (1,).",
            "A number is asked for, and yours is wrapped in an array of one element: take it out, for example with .item().",
        ),
        (
            0.5,
            [0.5],
            "expected shape (1,), got the number 0.5.",
            "An array of shape (1,) is asked for, and yours is a plain number.",
        ),
        (
            SCORES,
            SCORES.sum(),
            "expected one number, got an array of shape (3, 4).",
            "One number is asked for: the sum of your values.",
        ),
        (
            SCORES,
            SCORES.mean(),
            "expected one number, got an array of shape (3, 4).",
            "One number is asked for: the mean of your values.",
        ),
        (
            (SCORES, 1),
            SCORES,
            "expected an array of shape (3, 4), got a tuple of 2 items (an array of shape (3, 4), 1).",
            "Item 0 of it is right: return that alone.",
        ),
        ((-SCORES, SCORES), SCORES, "expected shape (3, 4), got (2, 3, 4).", "Item 1 of it is right: return that alone."),
        ("abc", SCORES, "expected an array of shape (3, 4), got the text 'abc'.", ""),
        ("0.5", 0.5, "expected the number 0.5, got the text '0.5'.", "It is text: return the number itself."),
        (
            [[1, 2], [3]],
            SCORES,
            "expected an array of shape (3, 4), got a list of 2 items (a list of 2 items, a list of 1 item).",
            "",
        ),
        ({"a": 1, "b": 2}, 0.5, "expected the number 0.5, got a dict with the keys 'a', 'b'.", ""),
        ({1, 2}, [1, 2], "expected an array of shape (2,), got a set of 2 items.", ""),
        (
            np.array(["a"]),
            [1.0],
            "expected an array of shape (1,), got an array of shape (1,) that holds no numbers (dtype <U1).",
            "",
        ),
        (torch.empty(2, device="meta"), [1, 2], "expected an array of shape (2,), got a tensor whose values cannot be read.", ""),
        (10**100, 1.0, "expected the number 1, got an integer of 333 bits.", ""),
        (
            torch.nn.ReLU,
            SCORES,
            "expected an array of shape (3, 4), got an object of type type.",
            "It is a class itself: are the brackets missing that call it?",
        ),
        (np.empty(0), [1.0, 2.0], "expected shape (2,), got (0,).", "It is empty."),
        (True, 1.0, "expected the number 1, got True.", "As a number it would be right: convert it."),
        (0, True, "expected True, got the number 0.", ""),
        (SCORES > 0, (SCORES > 0) * 1.0, "expected numbers, got booleans.", "As numbers they would be right: convert them."),
        (np.ones(2), [True, True], "expected booleans, got numbers.", "As booleans they would be right: convert them."),
        (1.5 + 0j, 1.5, "expected the number 1.5, got the number 1.5+0j.", "The imaginary parts are 0: return the real part."),
        (np.array([1 + 1j, 2]), [1.0, 2.0], "expected real numbers, got complex numbers.", ""),
        (np.array([True, True]), [True, False], "1 of 2 values is wrong: at index 1, expected False, got True.", ""),
    ],
)
def test_what_has_another_shape_or_kind_is_named(actual: Any, expected: Any, message: str, hint: str) -> None:
    """Shape and kind are told before any value is, with what it could be."""
    wrong = failure(assert_close, actual, expected, what="f(x)")
    assert (wrong.message, wrong.hint) == (f"f(x): {message}", hint)
    assert wrong.evidence is actual


def test_the_authors_hint_follows_the_explanation() -> None:
    """Both are shown, the explanation first; the author's alone where there is none."""
    assert failure(assert_close, 2.5, 1.25, hint="See chapter 3.").hint == (
        "Your value is exactly twice the expected one: is the ½ missing? See chapter 3."
    )
    assert failure(assert_close, 2.7, 1.25, hint="See chapter 3.").hint == "See chapter 3."


@pytest.mark.parametrize("judge", [assert_close, assert_equal])
def test_none_is_no_answer(judge: Any) -> None:
    """None is told apart from a wrong value."""
    wrong = failure(judge, None, 0.5, what="f(x)")
    assert (wrong.message, wrong.hint) == ("f(x): returned None, expected the number 0.5.", "Is a return missing?")
    assert wrong.outcome is Outcome.NOT_ANSWERED
    assert wrong.evidence is None


def test_a_handle_is_called_by_the_type_of_what_it_stands_for() -> None:
    """The type is the student's object's, and nothing else is asked of the handle."""
    assert failure(assert_close, Handle(), 0.5).message == "the result: expected the number 0.5, got an object of type Linear."
    assert failure(assert_equal, [Handle()], ["a"]).message == "the result[0]: expected 'a', got an object of type Linear."


# --- nothing is broadcast ---------------------------------------------------------------------------------------------------------


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
def test_shapes_that_would_broadcast_are_different(shapes: Any) -> None:
    """Ones of one shape are close to ones of another only if the shapes are the same."""
    first, second = shapes.input_shapes
    if first == second:
        assert_close(np.ones(first), np.ones(second))
    else:
        assert "expected" in failure(assert_close, np.ones(first), np.ones(second)).message


# --- the author's mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "options", "message"),
    [
        ([], {}, "f(x): the expected value is empty (shape (0,)): nothing would be checked"),
        (np.empty((0, 3)), {}, "f(x): the expected value is empty (shape (0, 3)): nothing would be checked"),
        ("abc", {}, "f(x): the expected value must be numbers, not the text 'abc'"),
        (None, {}, "f(x): the expected value must be numbers, not None"),
        ({"a": 1}, {}, "f(x): the expected value must be numbers, not a dict with the key 'a'"),
        (float("nan"), {}, "f(x): the expected value holds nan, which nothing equals: pass equal_nan=True to assert_close"),
        (1.0, {"rtol": -1.0}, "f(x): rtol must be a number from 0 on, not -1.0"),
        (1.0, {"atol": float("nan")}, "f(x): atol must be a number from 0 on, not nan"),
        (1.0, {"rtol": float("inf")}, "f(x): rtol must be a number from 0 on, not inf"),
    ],
)
def test_an_expected_value_that_cannot_be_met_is_the_authors_fault(expected: Any, options: Any, message: str) -> None:
    """It is refused with the assignment's error, whatever the student returned."""
    for actual in (1.5, "text", None, np.zeros(3)):
        with pytest.raises(AssignmentError) as caught:
            assert_close(actual, expected, what="f(x)", **options)
        assert str(caught.value) == message


# --- time -------------------------------------------------------------------------------------------------------------------------


def test_ten_million_values_are_compared_within_a_second() -> None:
    """A right array passes in a fraction of a second, a wrong one is explained in a few."""
    expected = np.random.default_rng(2).random(10_000_000)
    actual = expected.copy()
    start = time.process_time()
    assert_close(actual, expected)
    assert time.process_time() - start < 1
    start = time.process_time()
    assert failure(assert_close, 2 * actual, expected).hint == "Your values are exactly twice the expected ones: is the ½ missing?"
    assert time.process_time() - start < 4
