"""`grader.probes`: what the probes that checks share tell of a network or an optimizer."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grader.errors import AssignmentError, CheckFailed, StudentRaised
from grader.judgements.parameters import LayerInfo, OptimizerInfo, ParameterInfo
from grader.outcomes import Outcome
from grader.probes import (
    forward,
    gradients_of,
    layers_of,
    load_state,
    optimizer_of,
    parameters_of,
    randomise,
    state_of,
    training_mode,
)
from grader.student import Student
from tests.student.submission import NETS


def test_parameters_say_what_they_share(student: Student) -> None:
    """A layer under two names, and a weight in two layers: under which name it came first."""
    assert parameters_of(student, student.Tied()) == [
        ParameterInfo("fixed", (2,), 2, None, requires_grad=False),
        ParameterInfo("one.weight", (3, 3), 9),
        ParameterInfo("one.bias", (3,), 3),
        ParameterInfo("two.weight", (3, 3), 9, "one.weight"),
        ParameterInfo("two.bias", (3,), 3, "one.bias"),
        ParameterInfo("three.weight", (3, 3), 9, "one.weight"),
        ParameterInfo("three.bias", (3,), 3),
    ]


def test_layers_tell_their_settings_and_how_often_they_ran(student: Student) -> None:
    """Leaf modules in order; without inputs nobody looks; the mode stays as it was, and no hook stays behind."""
    net = student.Small()
    assert [(layer.name, layer.type_name, layer.calls) for layer in layers_of(student, net)] == [
        ("conv", "Conv2d", 0),
        ("norm", "BatchNorm2d", 0),
        ("drop", "Dropout", 0),
        ("fc", "Linear", 0),
        ("unused", "Linear", 0),
    ]
    x = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    before = state_of(student, net)
    for _ in range(2):
        assert {layer.name: layer.calls for layer in layers_of(student, net, x)} == {
            "conv": 1,
            "norm": 2,
            "drop": 1,
            "fc": 1,
            "unused": 0,
        }
    assert training_mode(student, net)
    after = state_of(student, net)
    assert all(torch.equal(before[name], after[name]) for name in before)
    conv = layers_of(student, net)[0]
    assert isinstance(conv, LayerInfo)
    wanted = {"in_channels": 1, "out_channels": 2, "kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1), "bias": False}
    assert {name: conv.config[name] for name in wanted} == wanted
    assert layers_of(student, net)[2].config["p"] == 0.5


def test_an_optimizer_is_what_it_derives_from_whatever_its_name(student: Student) -> None:
    """A class called Adam that is an SGD is an SGD; one of the student's own goes by its name."""
    named = optimizer_of(student, student.make_adam(student.Small()))
    assert named.type_name == "SGD"
    assert named.groups[0]["lr"] == 0.1
    assert "params" not in named.groups[0]
    true = optimizer_of(student, student.make_true_adam(student.Small()))
    assert true.type_name == "Adam"
    assert [(group["lr"], group["betas"], group["parameters"]) for group in true.groups] == [
        (0.25, (0.8, 0.9), 96),
        (0.5, (0.8, 0.9), 3),
    ]
    assert optimizer_of(student, student.Own()) == OptimizerInfo("Own", [{"lr": 0.5, "parameters": 6}])


def test_randomise_leaves_nothing_at_zero_or_one(student: Student) -> None:
    """Every parameter and running statistic: seeded, different everywhere, variances above 0, and what was returned is there."""
    net = student.Small()
    state = randomise(student, net, seed=7)
    assert set(state) == set(state_of(student, net))
    for name, value in state.items():
        if name == "norm.num_batches_tracked":
            continue
        assert ((value != 0) & (value != 1)).all(), name
        assert value.unique().numel() == value.numel(), name
    assert (state["norm.running_var"] >= 0.5).all()
    assert (state["norm.running_var"] <= 1.5).all()
    assert ((state["norm.weight"] - 1).abs() < 0.6).all()
    assert (state["fc.weight"].abs() < 0.6).all()
    there = state_of(student, net)
    assert all(torch.equal(there[name], value) for name, value in state.items())


def test_randomise_is_reproducible(student: Student) -> None:
    """The same seed gives the same values in another network; another seed or scale, others."""
    first = randomise(student, student.Small(), seed=7)
    again = randomise(student, student.Small(), seed=7)
    other = randomise(student, student.Small(), seed=8)
    large = randomise(student, student.Small(), seed=7, scale=1.0)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])
    torch.testing.assert_close(large["fc.weight"], first["fc.weight"] * 10)


def test_a_state_is_loaded_by_name(student: Student) -> None:
    """Some of the names will do; unknown names and wrong shapes are the student's failure."""
    net = student.Small()
    load_state(student, net, {"fc.bias": torch.tensor([1.0, 2.0, 3.0])})
    assert state_of(student, net)["fc.bias"].tolist() == [1, 2, 3]
    with pytest.raises(CheckFailed) as failed:
        load_state(student, student.Cut(), {"fc1.bias": torch.ones(2)})
    assert failed.value.message == "The network has no fc1.bias; it has fc.weight, fc.bias."
    with pytest.raises(CheckFailed) as failed:
        load_state(student, net, {"fc.bias": torch.ones(4)})
    assert failed.value.message == "fc.bias: expected shape (4,), the network has (3,)."
    with pytest.raises(AssignmentError, match=r'^load_state: match is "name" or "order", not .shape.$'):
        load_state(student, net, {}, match="shape")


def test_a_state_is_loaded_by_order(student: Student) -> None:
    """Each value into the next place of its shape, whatever it is called; what fits nowhere is told."""
    net = student.Tied()
    state = {
        "a": torch.full((3, 3), 1.0),
        "b": torch.full((3,), 2.0),
        "counter": torch.tensor(9),
        "c": torch.full((3, 3), 3.0),
        "d": torch.full((3,), 4.0),
    }
    load_state(student, student.Small(), {"w": torch.ones(2, 1, 3, 3)}, match="order")
    load_state(student, net, state, match="order")
    loaded = state_of(student, net)
    assert {name: float(loaded[name].flatten()[0]) for name in ("one.bias", "two.bias", "fixed")} == {
        "one.bias": 4,  # one layer under two names: the later value stays
        "two.bias": 4,
        "fixed": 1,
    }
    with pytest.raises(CheckFailed) as failed:
        load_state(student, net, {"e": torch.ones(5)}, match="order")
    assert failed.value.message == "The network has no parameter of shape (5,) that is not taken yet."


def test_forward_keeps_the_mode_and_draws_no_graph(student: Student) -> None:
    """Eval mode unless asked for train mode; afterwards the network is as it was, also after an exception."""
    net = student.Small()
    randomise(student, net)
    x = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(2))
    first = forward(student, net, x)
    assert first.shape == (3, 3)
    assert not first.requires_grad
    assert torch.equal(forward(student, net, x), first)  # no dropout
    assert training_mode(student, net)
    assert not torch.equal(forward(student, net, x, train=True), first)
    net.eval()
    forward(student, net, x, train=True)
    assert not training_mode(student, net)
    with pytest.raises(StudentRaised):
        forward(student, net, torch.ones(3), train=True)
    assert not training_mode(student, net)


def test_gradients_are_those_of_autograd(student: Student) -> None:
    """Of inputs and of parameters, weighted by a cotangent; None where none arrives."""
    generator = torch.Generator().manual_seed(3)
    net = student.Small()
    state = randomise(student, net)
    net.eval()
    x = torch.randn(2, 1, 4, 4, generator=generator)
    cotangent = torch.randn(2, 3, generator=generator)
    found = gradients_of(student, net, {"x": x}, cotangent=cotangent)
    names: dict[str, Any] = {}
    exec(compile(NETS, "nets.py", "exec"), names)
    own = names["Small"]().eval()
    own.load_state_dict(state)
    x.requires_grad_()
    (own(x) * cotangent).sum().backward()
    assert torch.equal(found["x"], x.grad)
    for name, parameter in own.named_parameters():
        if name.startswith("unused"):
            assert found[name] is None
        else:
            torch.testing.assert_close(found[name], parameter.grad)
    assert set(found) == {"x", *(name for name, _ in own.named_parameters())}


def test_gradients_of_a_function_are_those_of_its_floating_inputs(student: Student) -> None:
    """Integers have none; `wrt` chooses; the tensor that was sent is not touched."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    found = gradients_of(student, student.cubes, {"x": x, "labels": torch.tensor([1, 2])})
    assert {name: value.tolist() for name, value in found.items()} == {"x": [3, 12]}
    assert not x.requires_grad
    both = gradients_of(student, student.cubes, {"x": x, "labels": torch.ones(2, dtype=torch.float64)}, wrt=["labels"])
    assert {name: value.tolist() for name, value in both.items()} == {"labels": [2, 2]}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("number", {}, "The output should be a tensor, but it is of type int."),
        ("cubes", {"cotangent": torch.ones(3)}, "The output should have shape (3,), but it has (2,)."),
    ],
)
def test_a_function_without_gradients_is_the_students_failure(
    student: Student, name: str, options: dict[str, Any], message: str
) -> None:
    """No tensor, or one of another shape."""
    inputs = {"x": torch.ones(2), "labels": torch.ones(2)} if name == "cubes" else {"x": torch.ones(2)}
    with pytest.raises(CheckFailed) as failed:
        gradients_of(student, getattr(student, name), inputs, **options)
    assert failed.value.message == message


def test_a_network_that_cuts_the_graph_is_told_so(student: Student) -> None:
    """detach between output and parameters."""
    with pytest.raises(CheckFailed) as failed:
        gradients_of(student, student.Cut(), {"x": torch.ones(1, 2)})
    assert failed.value.message == (
        "No gradient flows from the output back: it was made without a graph (detach, .data, numpy, no_grad)."
    )


@pytest.mark.parametrize("ask", [parameters_of, layers_of, state_of, randomise, training_mode, forward])
def test_what_is_no_network_is_the_students_failure(student: Student, ask: Any) -> None:
    """`Net()` that gives nothing is not answered; a number fails."""
    with pytest.raises(CheckFailed) as failed:
        ask(student, None)
    assert failed.value.message == "expected a network (torch.nn.Module), got None."
    assert failed.value.outcome is Outcome.NOT_ANSWERED
    with pytest.raises(CheckFailed) as failed:
        ask(student, 3.5)
    assert failed.value.message == "expected a network (torch.nn.Module), got a float."
    assert failed.value.outcome is Outcome.FAILED


def test_what_is_no_optimizer_is_the_students_failure(student: Student) -> None:
    """The sentence names what was expected."""
    with pytest.raises(CheckFailed, match=r"^expected an optimizer, got a list\.$"):
        optimizer_of(student, [1])
    with pytest.raises(CheckFailed, match=r"^expected a function or a network, got None\.$"):
        gradients_of(student, None, {})


def test_a_network_that_overrides_torchs_methods_is_told_so(student: Student) -> None:
    """What it says of itself is looked at before it is used."""
    asked: list[tuple[Any, Any]] = [(parameters_of, student.Boaster(1, 1)), (state_of, student.Boaster(1, 1))]
    for ask, net in asked:
        with pytest.raises(CheckFailed) as failed:
            ask(student, net)
        assert failed.value.message == "the object does not describe itself as torch's own do: is a method of torch's overridden?"
