"""The judgement on a network's parameters."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.compare import same_evidence
from grader.judgements.parameters import LayerInfo, OptimizerInfo, ParameterInfo, assert_parameters
from grader.outcomes import Outcome


def parameter(name: str, *shape: int, shared_with: str | None = None) -> ParameterInfo:
    return ParameterInfo(name, shape, int(np.prod(shape)), shared_with)


def deep_net(convolutions: int, *, bias: bool = True) -> list[ParameterInfo]:
    """A stack of 3x3 convolutions with 32 channels and a linear layer: with four, 36,650 parameters in 10 tensors."""
    found = []
    for place in range(1, convolutions + 1):
        found += [parameter(f"conv{place}.weight", 32, 3 if place == 1 else 32, 3, 3), parameter(f"conv{place}.bias", 32)]
    found += [parameter("fc.weight", 10, 800), parameter("fc.bias", 10)]
    return [each for each in found if bias or not each.name.endswith("bias")]


SHAPES = [each.shape for each in deep_net(4)]


def failure(parameters: Any, **options: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        assert_parameters(parameters, **options)
    return caught.value


@pytest.mark.parametrize(
    "parameters",
    [
        deep_net(4),
        tuple(reversed(deep_net(4))),
        [torch.zeros(shape) for shape in SHAPES],
        {f"p{place}": np.zeros(shape) for place, shape in enumerate(SHAPES)},
    ],
)
def test_the_right_parameters_pass(parameters: Any) -> None:
    """From a network, as a list of tensors, or as a dict of arrays; in any order."""
    assert_parameters(parameters, total=36_650, tensors=10, shapes=SHAPES)


def test_shared_parameters_count_once() -> None:
    """Under however many names they are reached."""
    tied = [parameter("a.weight", 5, 3), parameter("b.weight", 5, 3, shared_with="a.weight")]
    assert_parameters(tied, total=15, tensors=1, shapes=[(5, 3)])
    assert_parameters(tied, shapes={"a.weight": (5, 3), "b.weight": (5, 3)})


def test_one_layer_used_several_times_is_recognised() -> None:
    """The number that is missing is twice that of one of the layers."""
    wrong = failure(deep_net(2), total=36_650, what="DeepNet()")
    assert wrong.message == "DeepNet(): 18,154 parameters, expected 36,650."
    assert wrong.hint == (
        "The missing 18,496 are exactly 2 times the parameters of conv2 (9,248): "
        "is one layer used several times, where each should have parameters of its own?"
    )


def test_shared_layers_are_named() -> None:
    """Where the network says itself which of its layers are the same."""
    shared = deep_net(2)
    for place in (3, 4):
        shared += [
            parameter(f"conv{place}.weight", 32, 32, 3, 3, shared_with="conv2.weight"),
            parameter(f"conv{place}.bias", 32, shared_with="conv2.bias"),
        ]
    wrong = failure(shared, total=36_650, tensors=10, what="DeepNet()")
    assert wrong.message == "DeepNet(): 18,154 parameters in 6 tensors, expected 36,650 parameters in 10 tensors."
    assert wrong.hint == "conv2, conv3 and conv4 are the same layer: its parameters count once."


@pytest.mark.parametrize(
    ("parameters", "options", "message", "hint"),
    [
        (
            deep_net(4, bias=False),
            {"total": 36_650},
            "36,512 parameters, expected 36,650.",
            "As many as are missing (138) are the biases of conv1, conv2, conv3, conv4, fc: is bias=False set?",
        ),
        (
            deep_net(4, bias=False),
            {"shapes": SHAPES},
            "Missing shapes: 4 of (32,), (10,).",
            "Biases (or other parameters of one axis) are missing: is bias=False set?",
        ),
        (
            deep_net(4),
            {"total": 36_512, "tensors": 5},
            "36,650 parameters in 10 tensors, expected 36,512 parameters in 5 tensors.",
            "The 138 too many are exactly the biases: is bias=False left out?",
        ),
        (
            deep_net(4),
            {"total": 36_640},
            "36,650 parameters, expected 36,640.",
            "The 10 too many are as many as fc.bias holds: is bias=False left out there?",
        ),
        (
            deep_net(4),
            {"shapes": [shape for shape in SHAPES if len(shape) > 1]},
            "Shapes too many: 4 of (32,), (10,).",
            "There are biases (or other parameters of one axis) too many: is bias=False left out?",
        ),
        (
            deep_net(5),
            {"total": 36_650},
            "45,898 parameters, expected 36,650.",
            "The 9,248 too many are exactly the parameters of conv2: is it one layer too many?",
        ),
        (
            [parameter("fc.weight", 84, 10), parameter("fc.bias", 10)],
            {"total": 850, "shapes": [(10, 84), (10,)]},
            "Missing shapes: (10, 84). Shapes too many: (84, 10).",
            "(84, 10) is transposed.",
        ),
        (
            [parameter("conv.weight", 6, 16, 5, 5)],
            {"shapes": [(16, 6, 5, 5)]},
            "Missing shapes: (16, 6, 5, 5). Shapes too many: (6, 16, 5, 5).",
            "The axes of some parameters are in another order (in and out channels exchanged?).",
        ),
        (
            {"W1": np.zeros((10, 84)), "b1": np.zeros(10)},
            {"shapes": {"W1": (84, 10), "b1": (10,), "W2": (10, 3)}},
            "W1: expected shape (84, 10), got (10, 84). W2: expected shape (10, 3), got none.",
            "",
        ),
        (
            [],
            {"total": 850},
            "0 parameters, expected 850.",
            "It has no parameters at all: are the layers attributes of the network (in a list, they need nn.ModuleList)?",
        ),
        ([parameter("w", 3, 5)], {"total": 17}, "15 parameters, expected 17.", ""),
        ([parameter("w", 3, 5)], {"tensors": 2}, "1 parameter tensor, expected 2.", ""),
        ([parameter("w", 1)], {"total": 3}, "1 parameter, expected 3.", ""),
    ],
)
def test_what_is_wrong_is_named(parameters: Any, options: Any, message: str, hint: str) -> None:
    """The numbers, the shapes, and what accounts for the difference."""
    wrong = failure(parameters, **options)
    assert (wrong.message, wrong.hint) == (f"Net(): {message}", hint)


def test_the_number_of_tensors_has_to_fit_the_explanation() -> None:
    """What is missing is 9,248 numbers, but in one tensor: it is no copy of a layer of two."""
    assert failure(deep_net(3), total=36_650, tensors=10).hint.startswith("The missing 9,248 are exactly the parameters of conv2")
    assert failure(deep_net(3), total=36_650, tensors=9).hint == ""


@given(total=st.integers(0, 100_000))
def test_an_explanation_adds_up(total: int) -> None:
    """Whatever number is expected, what the hint says accounts for the difference to it."""
    own = deep_net(4)
    difference = total - 36_650
    if difference == 0:
        assert_parameters(own, total=total)
        return
    hint = failure(own, total=total).hint
    if "missing" in hint:
        assert difference > 0
        assert any(difference == times * layer for times in range(1, 9) for layer in (896, 9_248, 8_010))
    elif hint:
        assert -difference in (10, 896, 9_248, 8_010, 138)


def test_names_tell_nothing_of_a_known_mistake() -> None:
    """The evidence is the shapes: two students name their layers differently."""
    renamed = [msgspec.structs.replace(each, name=f"net.{each.name}") for each in deep_net(2)]
    first, second, third = (failure(net, total=36_650).evidence for net in (deep_net(2), renamed, deep_net(3)))
    assert same_evidence(first, second)
    assert not same_evidence(first, third)


@pytest.mark.parametrize("options", [{"total": 777}, {"tensors": 77}, {"shapes": [(77,)]}, {"shapes": {"a": (77,)}}], ids=str)
def test_whatever_comes_back_the_student_is_told(junk: list[Any], options: Any) -> None:
    """Any object in place of the parameters, or among them, fails with a message."""
    for item in junk:
        for parameters in (item, [item, np.zeros(5)], {"a": item}):
            assert 0 < len(failure(parameters, **options).message) < 1_000


def test_none_is_no_answer() -> None:
    """None in place of parameters is told apart from wrong ones; None among them is not."""
    assert failure(None, total=3).outcome is Outcome.NOT_ANSWERED
    wrong = failure([np.zeros(3), None], total=3)
    assert (wrong.message, wrong.outcome) == ("Net(): expected numbers for parameter 1, got None.", Outcome.FAILED)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Net(): assert_parameters needs a total, a number of tensors or shapes: nothing would be checked"),
        ({"total": -1}, "Net(): total must be a whole number from 0 on, not -1"),
        ({"tensors": 2.0}, "Net(): tensors must be a whole number from 0 on, not 2.0"),
        ({"shapes": [5]}, "Net(): each of the expected shapes must be a tuple of lengths, not 5"),
        ({"shapes": [(5, -1)]}, "Net(): each of the expected shapes must be a tuple of lengths, not (5, -1)"),
    ],
)
def test_expectations_that_make_no_sense_are_the_authors_fault(options: Any, message: str) -> None:
    """Whatever the student's network has."""
    with pytest.raises(AssignmentError) as caught:
        assert_parameters(deep_net(4), **options)
    assert str(caught.value) == message


def test_the_records_are_frozen_and_cross_the_border() -> None:
    """They are plain enough for MessagePack, and nobody changes them."""
    records = [
        parameter("conv1.weight", 6, 1, 5, 5),
        LayerInfo("conv1", "Conv2d", 1, {"kernel_size": (5, 5), "in_channels": 1}),
        OptimizerInfo("SGD", [{"lr": 0.01, "parameters": 61_706}]),
    ]
    for record in records:
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=type(record)) is not None
        with pytest.raises(AttributeError):
            record.name = "other"  # type: ignore[union-attr,misc]
