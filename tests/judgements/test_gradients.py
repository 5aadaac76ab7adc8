"""The judgement on gradients, and the two oracles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.gradients import assert_gradients, autograd_gradients, finite_differences
from grader.outcomes import Outcome

RNG = np.random.default_rng(8)
WEIGHT, BIAS, SLOPE = RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=4)
EXPECTED = {"fc.weight": WEIGHT, "fc.bias": BIAS}


def failure(*args: Any, **kwargs: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        assert_gradients(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (EXPECTED, EXPECTED),
        ({"fc.weight": torch.tensor(WEIGHT), "fc.bias": BIAS.tolist(), "other": None}, EXPECTED),
        ({"fc.weight": torch.tensor(WEIGHT, dtype=torch.float32), "fc.bias": BIAS}, EXPECTED),
        ([WEIGHT, BIAS], (WEIGHT, BIAS)),
        ([-4.0, -4.0, 3.0], [-4.0, -4.0, 3.0]),
        (torch.tensor(WEIGHT), WEIGHT),
        (2.5, 2.5),
        ({"w": WEIGHT, "frozen": None}, {"w": WEIGHT, "frozen": None}),
        ({"w": WEIGHT, "frozen": np.zeros(3)}, {"w": WEIGHT, "frozen": None}),
    ],
)
def test_right_gradients_pass(actual: Any, expected: Any) -> None:
    """Mappings by name, sequences in order, and single arrays; what nobody asked for is not looked at."""
    assert_gradients(actual, expected)


def test_one_wrong_gradient_is_named_with_its_index() -> None:
    """The parameter, then what is wrong in it."""
    actual = {"fc.weight": WEIGHT.copy(), "fc.bias": BIAS}
    actual["fc.weight"][1, 2] += 1
    wrong = failure(actual, EXPECTED)
    assert wrong.message == (
        "the gradient with respect to fc.weight: 1 of 12 values is wrong: at index (1, 2), "
        "expected -0.9572, got 0.04277 (difference 1, allowed 9.7e-08)."
    )
    assert wrong.hint == ""
    assert wrong.evidence is actual


def test_all_wrong_gradients_are_in_one_message() -> None:
    """Each on a line of its own, and the hint is about the first that can be explained."""
    wrong = failure({"fc.weight": WEIGHT.T, "fc.bias": BIAS[:3]}, EXPECTED, what="the gradient of the loss")
    assert wrong.message == (
        "the gradient of the loss: all 2 are wrong.\n"
        "  fc.weight: expected shape (3, 4), got (4, 3).\n"
        "  fc.bias: expected shape (4,), got (3,)."
    )
    assert wrong.hint == "fc.weight: It is transposed. Its values are right."


def test_only_so_many_wrong_gradients_are_described() -> None:
    """The names of the others follow."""
    expected = {f"w{i}": WEIGHT + i for i in range(10)}
    wrong = failure({name: value**2 + 3 for name, value in expected.items()}, expected)
    assert wrong.message.startswith("the gradient: all 10 are wrong.\n  w0: all 12 values are wrong; ")
    assert wrong.message.endswith("\n  … and w6, w7, w8, w9.")
    assert len(wrong.message.splitlines()) == 8


NOT_ARRIVED = "has backward run, and is the graph whole (no detach, .data, numpy or no_grad)?"


@pytest.mark.parametrize(
    ("actual", "message", "hint"),
    [
        ({"fc.weight": WEIGHT}, "the gradient with respect to fc.bias: it is missing.", ""),
        (
            {"fc.weight": WEIGHT, "fc.bias": None},
            "the gradient with respect to fc.bias: it is None.",
            "No gradient reached it: is it left out of the computation, detached, or has backward not run?",
        ),
        (
            {"fc.weight": None, "fc.bias": None},
            "the gradient: all 2 are wrong.\n  fc.weight: it is None.\n  fc.bias: it is None.",
            f"None of the gradients arrived: {NOT_ARRIVED}",
        ),
        (
            {"fc.weight": WEIGHT, "fc.bias": "zero"},
            "the gradient with respect to fc.bias: expected an array of shape (4,), got the text 'zero'.",
            "",
        ),
        (3.5, "the gradient: expected a dict of gradients, got the number 3.5.", ""),
        (
            [WEIGHT, BIAS],
            "the gradient: expected a dict of gradients, got a list of 2 items (an array of shape (3, 4), an array of shape (4,)).",
            "",
        ),
    ],
)
def test_missing_gradients_are_told_apart(actual: Any, message: str, hint: str) -> None:
    """Not there, None, or something else."""
    wrong = failure(actual, EXPECTED)
    assert (wrong.message, wrong.hint) == (message, hint)
    assert wrong.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        (EXPECTED, "the gradient: returned None, expected a dict of gradients."),
        ([WEIGHT, BIAS], "the gradient: returned None, expected 2 gradients in a row."),
        (BIAS, "the gradient: returned None, expected an array of shape (4,)."),
        (1.5, "the gradient: returned None, expected the number 1.5."),
    ],
)
def test_none_is_no_answer(expected: Any, message: str) -> None:
    """In place of all gradients, None is the stub's answer."""
    wrong = failure(None, expected)
    assert (wrong.message, wrong.outcome) == (message, Outcome.NOT_ANSWERED)


def test_sequences_are_compared_in_order() -> None:
    """By place, and their number is looked at first."""
    assert failure([WEIGHT], [WEIGHT, BIAS]).message == "the gradient: expected 2 gradients in a row, got 1."
    assert failure([WEIGHT, BIAS + 1], [WEIGHT, BIAS]).message == (
        "the gradient with respect to argument 1: all 4 values are wrong; the worst is at index 0: "
        "expected 0.8598, got 1.86 (difference 1, allowed 8.7e-08)."
    )


def test_a_gradient_where_none_should_arrive() -> None:
    """An expected None is met by None and by zeros."""
    assert failure({"w": WEIGHT, "frozen": BIAS}, {"w": WEIGHT, "frozen": None}).message == (
        "the gradient with respect to frozen: expected no gradient, got one of shape (4,) that is not zero."
    )


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (
            2,
            "Each is exactly twice the expected gradient: "
            "is an earlier backward's gradient still in it (zero_grad), or is it that of a loss without its ½?",
        ),
        (
            3,
            "Each is exactly 3 times the expected gradient: "
            "is an earlier backward's gradient still in it (zero_grad), or is it that of a sum in place of a mean?",
        ),
        (0.25, "Each is exactly 1/4 of the expected gradient: is it that of a mean in place of a sum?"),
        (0.5, "Each is exactly half the expected gradient: is it that of a mean in place of a sum?"),
        (-1, "Each is the expected gradient with the wrong sign."),
        (0.7, "Each is 0.7 times the expected gradient: is a constant factor wrong or missing?"),
        (0, "They are 0 everywhere: is the graph cut, or are the gradients cleared after backward?"),
    ],
)
def test_a_factor_that_all_gradients_share_is_explained(factor: float, hint: str) -> None:
    """Accumulated, a mean for a sum, ascent for descent: in both precisions."""
    for dtype in (torch.float64, torch.float32):
        actual = {name: torch.tensor(factor * value, dtype=dtype) for name, value in EXPECTED.items()}
        assert failure(actual, EXPECTED).hint == hint


def test_one_gradient_alone_is_explained_by_its_factor() -> None:
    """A single array, or the one wrong gradient among several."""
    assert failure(2 * BIAS, BIAS).hint == (
        "It is exactly twice the expected gradient: "
        "is an earlier backward's gradient still in it (zero_grad), or is it that of a loss without its ½?"
    )
    assert failure({"fc.weight": WEIGHT, "fc.bias": BIAS / 8}, EXPECTED).hint == (
        "It is exactly 1/8 of the expected gradient: is it that of a mean in place of a sum?"
    )
    assert failure({"fc.weight": WEIGHT, "fc.bias": 0 * BIAS}, EXPECTED).hint == (
        "It is 0 everywhere: is the graph cut, or are the gradients cleared after backward?"
    )


def test_different_factors_are_no_common_one() -> None:
    """Twice the one and three times the other: the hint is about the first."""
    assert failure({"fc.weight": 2 * WEIGHT, "fc.bias": 3 * BIAS}, EXPECTED).hint == (
        "fc.weight: Your values are exactly twice the expected ones: is the ½ missing?"
    )


def test_swapped_gradients_are_recognised() -> None:
    """As of a product whose two inputs got their own values."""
    assert failure({"x": -4.0, "y": 5.0, "z": 3.0}, {"x": 5.0, "y": -4.0, "z": 3.0}).hint == (
        "x and y are swapped: each is the gradient that the other should have."
    )
    assert failure([SLOPE, BIAS], [BIAS, SLOPE]).hint == (
        "argument 0 and argument 1 are swapped: each is the gradient that the other should have."
    )


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_gradients_are_not_explained(seed: int) -> None:
    """Gradients that have nothing to do with the expected ones get no hint."""
    rng = np.random.default_rng(seed)
    assert failure({name: rng.normal(size=value.shape) for name, value in EXPECTED.items()}, EXPECTED).hint == ""


@pytest.mark.parametrize("expected", [EXPECTED, {"w": 0.123}, [WEIGHT, BIAS], WEIGHT], ids=["names", "number", "row", "array"])
def test_whatever_comes_back_the_student_is_told(junk: list[Any], expected: Any) -> None:
    """Any object in place of the gradients, or of one of them, fails with a message."""
    for item in junk:
        for actual in (item, {"fc.weight": item, "w": item}, [item, item]):
            assert 0 < len(failure(actual, expected).message) < 2_000


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "the gradient: no gradient is expected: nothing would be checked"),
        ({"w": "abc"}, "the gradient with respect to w: the expected value must be numbers, not the text 'abc'"),
        ({"w": np.empty(0)}, "the gradient with respect to w: the expected value is empty (shape (0,)): nothing would be checked"),
        (
            {"w": [1.0, float("nan")]},
            "the gradient with respect to w: the expected value holds nan, which nothing equals: pass equal_nan=True to assert_close",
        ),
        (None, "the gradient: the expected value must be numbers, not None"),
    ],
)
def test_expected_gradients_that_are_none_are_the_authors_fault(expected: Any, message: str) -> None:
    """Nothing to compare with is an error of the assignment."""
    with pytest.raises(AssignmentError) as caught:
        assert_gradients({"w": np.zeros(2)}, expected)
    assert str(caught.value) == message


# --- oracles ----------------------------------------------------------------------------------------------------------------------


def test_autograd_gives_float64_gradients_by_name() -> None:
    """Of sum(output), for all floating-point inputs, with integers passed along."""
    x, index = torch.tensor(WEIGHT, dtype=torch.float32), torch.tensor([2, 0])
    found = autograd_gradients(lambda x, w, index: (x @ w)[index], {"x": x, "w": BIAS, "index": index})
    assert set(found) == {"x", "w"}
    assert all(value.dtype is torch.float64 and not value.requires_grad for value in found.values())
    np.testing.assert_allclose(found["w"], x.double()[index].sum(0))
    np.testing.assert_allclose(found["x"], np.stack([BIAS, 0 * BIAS, BIAS]))


def test_autograd_weights_the_output_by_the_cotangent() -> None:
    """d(sum(output * cotangent)), and only for the names asked for."""
    found = autograd_gradients(lambda x, y: x * y, {"x": BIAS, "y": SLOPE}, cotangent=np.arange(4.0), wrt=["y"])
    assert set(found) == {"y"}
    np.testing.assert_allclose(found["y"], BIAS * np.arange(4.0))


def test_autograd_gives_zeros_where_nothing_depends_on_an_input() -> None:
    """As an expected value, zeros are one that a student's gradient can be compared with."""
    found = autograd_gradients(lambda x, _: x * 2, {"x": BIAS, "y": SLOPE})
    np.testing.assert_array_equal(found["y"], np.zeros(4))


def test_autograd_differentiates_a_copy_of_a_network() -> None:
    """Its parameters' gradients come by name, and it stays as it was."""
    net = torch.nn.Linear(4, 2)
    found = autograd_gradients(net, {"x": WEIGHT})
    assert set(found) == {"x", "weight", "bias"}
    np.testing.assert_allclose(found["bias"], [3, 3])
    np.testing.assert_allclose(found["weight"], np.stack([WEIGHT.sum(0)] * 2))
    assert net.weight.dtype is torch.float32
    assert net.weight.grad is None


def test_autograd_leaves_its_inputs_alone() -> None:
    """The author's tensors are copied: neither changed, nor made to require a gradient."""
    x = torch.tensor(BIAS)
    with torch.no_grad():
        autograd_gradients(lambda x: (2 * x).add_(1), {"x": x})
    assert not x.requires_grad
    np.testing.assert_array_equal(x, BIAS)


@pytest.mark.parametrize(
    ("oracle", "options", "message"),
    [
        (lambda x: x, {"wrt": ["z"]}, "autograd_gradients: 'z' is no floating-point input; these are: x"),
        (
            lambda x: x.detach(),
            {},
            "autograd_gradients: the oracle must return a tensor that depends on its inputs, computed by torch",
        ),
        (
            lambda x: float(x.detach().sum()),
            {},
            "autograd_gradients: the oracle must return a tensor that depends on its inputs, computed by torch",
        ),
        (lambda x: x, {"cotangent": np.ones(3)}, "autograd_gradients: the cotangent has shape (3,), but the oracle's output (4,)"),
        (lambda x: x, {"wrt": []}, "autograd_gradients: there is nothing to differentiate by"),
    ],
)
def test_an_oracle_that_cannot_be_differentiated_is_the_authors_fault(oracle: Any, options: Any, message: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(AssignmentError) as caught:
        autograd_gradients(oracle, {"x": torch.tensor(BIAS)}, **options)
    assert str(caught.value) == message


@given(x=hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=3), elements=st.floats(-3, 3)))
def test_finite_differences_agree_with_autograd(x: Any) -> None:
    """The two oracles are independent of each other and find the same gradient."""

    def by_numpy(x: Any) -> float:
        return float(np.sum(np.sin(x) * np.arange(x.size).reshape(x.shape) + x**3))

    exact = autograd_gradients(lambda t: torch.sin(t) * torch.arange(t.numel()).reshape(t.shape) + t**3, {"x": x})["x"]
    found = finite_differences(by_numpy, x)
    assert found.dtype == np.float64
    assert_gradients(found, exact, rtol=1e-6, atol=1e-6)


def test_finite_differences_give_the_function_what_they_were_given() -> None:
    """A tensor gets tensors, float32 is widened, a number stays a number, large values get large steps."""
    assert finite_differences(lambda t: (t * t).sum(), torch.tensor([1.0, 2.0])) == pytest.approx([2, 4])
    assert finite_differences(lambda x: x * x, 3.0) == pytest.approx(6)
    assert finite_differences(lambda x: x[0] ** 2, np.array([1e8])) == pytest.approx([2e8], rel=1e-6)
    assert finite_differences(lambda x: (x**2).sum(), np.float32([1, 2])) == pytest.approx([2, 4])


def test_finite_differences_hand_out_copies() -> None:
    """A function that changes its argument spoils nothing."""
    x = np.array([1.0, 2.0])

    def doubled_in_place(v: Any) -> float:
        v *= 2
        return float(v.sum())

    assert finite_differences(doubled_in_place, x) == pytest.approx([2, 2])
    np.testing.assert_array_equal(x, [1, 2])


@pytest.mark.parametrize(
    ("value", "message", "outcome"),
    [
        (None, "the function returned None, expected one number.", Outcome.NOT_ANSWERED),
        ("a", "the function returned the text 'a', expected one number.", Outcome.FAILED),
        (np.ones(3), "the function returned an array of shape (3,), expected one number.", Outcome.FAILED),
    ],
)
def test_a_function_without_a_number_fails_the_check(value: Any, message: str, outcome: Outcome) -> None:
    """The function may be the student's."""
    with pytest.raises(CheckFailed) as caught:
        finite_differences(lambda _: value, np.ones(2))
    assert (caught.value.message, caught.value.outcome) == (message, outcome)


@pytest.mark.parametrize(("x", "eps"), [("abc", 1e-6), (np.empty(0), 1e-6), (1j, 1e-6), (np.ones(2), 0.0), (np.ones(2), 2.0)])
def test_a_point_that_is_none_is_the_authors_fault(x: Any, eps: float) -> None:
    """Real numbers, and a step between 0 and 1."""
    with pytest.raises(AssignmentError, match=r"finite_differences: (x|eps) must"):
        finite_differences(lambda _: 1.0, x, eps=eps)
