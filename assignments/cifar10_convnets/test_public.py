"""Public checks of cifar10_convnets: shapes, counts and values that you can run while you work."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader import (
    assert_close,
    assert_equal,
    assert_parameters,
    assert_shape,
    assert_that,
    forward,
    optimizer_of,
    parameters_of,
    probe,
    randomise,
)
from grader.errors import CheckFailed
from grader.outcomes import Outcome
from grader.values import describe

NUMBERS = 170_906  # parameters of the ConvNet with 32 and 16 filters
SHAPES = [(32, 3, 5, 5), (32,), (16, 32, 3, 3), (16,), (16 * 32 * 32, 10), (10,)]  # of bare tensors
NAMES = ["conv_w1", "conv_b1", "conv_w2", "conv_b2", "fc_w", "fc_b"]


def normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def bare_parameters(channels, channel_1, channel_2, features, num_classes, seed):
    """Six random tensors (biases, too), scaled so that every layer's outputs are of order 1."""
    return [
        normal(channel_1, channels, 5, 5, seed=seed) / math.sqrt(channels * 25),
        normal(channel_1, seed=seed + 1),
        normal(channel_2, channel_1, 3, 3, seed=seed + 2) / math.sqrt(channel_1 * 9),
        normal(channel_2, seed=seed + 3),
        normal(features, num_classes, seed=seed + 4) / math.sqrt(features),
        normal(num_classes, seed=seed + 5),
    ]


def expected_scores(x, conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b):
    """The three-layer ConvNet in float64."""
    x, conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = (t.double() for t in (x, conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b))
    x = F.conv2d(F.pad(x, (2, 2, 2, 2)), conv_w1, conv_b1).clamp(min=0)
    x = F.conv2d(F.pad(x, (1, 1, 1, 1)), conv_w2, conv_b2).clamp(min=0)
    return x.flatten(1) @ fc_w + fc_b


def six_tensors(student):
    """What `three_layer_parameters()` returns, once it is known to be six tensors of floats."""
    params = student.three_layer_parameters()
    if params is None:
        raise CheckFailed("three_layer_parameters() returned None.", outcome=Outcome.NOT_ANSWERED)
    is_list = isinstance(params, (list, tuple))
    found = f"{len(params)} of them" if is_list else describe(params)
    assert_that(is_list and len(params) == 6, f"three_layer_parameters(): expected a list of six tensors, got {found}.")
    for name, param in zip(NAMES, params, strict=True):
        is_float = isinstance(param, torch.Tensor) and param.is_floating_point()
        assert_that(is_float, f"three_layer_parameters(): {name}: expected a tensor of floats, got {describe(param)}.")
    return params


@probe(returns=(bool, bool))
def kinds_of_run(model, optimizer):
    return isinstance(model, torch.nn.Module), isinstance(optimizer, torch.optim.Optimizer)


def model_and_optimizer(student, name):
    """What the function `name` returns, once it is known to be a module and an optimizer."""
    run = getattr(student, name)()
    if run is None:
        raise CheckFailed(f"{name}() returned None.", outcome=Outcome.NOT_ANSWERED)
    is_pair = isinstance(run, (tuple, list)) and len(run) == 2
    hint = "Return both: model, optimizer."
    assert_that(is_pair, f"{name}(): expected a pair (model, optimizer), got {describe(run)}.", hint=hint)
    model, optimizer = run
    if model is None:
        raise CheckFailed(f"{name}(): model is None.", outcome=Outcome.NOT_ANSWERED)
    is_model, is_optimizer = kinds_of_run(student, model, optimizer)
    assert_that(is_model, f"{name}(): expected an nn.Module first, got {describe(model)}.")
    assert_that(is_optimizer, f"{name}(): expected an optimizer of torch.optim second, got {describe(optimizer)}.")
    return model, optimizer


# --- Q1, Q2: bare tensors ---------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q1", points=2)
def test_convnet_output_shape(student):
    """64 images of 3x32x32, with 6 and 9 filters and 10 classes, give scores of the shape (64, 10)."""
    params = bare_parameters(3, 6, 9, 9 * 32 * 32, 10, seed=1)
    scores = student.three_layer_convnet(normal(64, 3, 32, 32, seed=0), params)
    assert_shape(scores, (64, 10), what="three_layer_convnet(x, params)")


@pytest.mark.question("Q1", points=4)
def test_convnet_value(student):
    """The scores of random images with random parameters are right."""
    x = normal(64, 3, 32, 32, seed=10)
    params = bare_parameters(3, 2, 4, 4 * 32 * 32, 10, seed=11)
    scores = student.three_layer_convnet(x, params)
    assert_close(scores, expected_scores(x, *params).float(), rtol=1e-4, atol=1e-4, what="three_layer_convnet(x, params)")


@pytest.mark.question("Q2", points=1)
def test_parameters_count(student):
    """The six tensors hold 170,906 numbers."""
    params = six_tensors(student)
    assert_equal(sum(param.numel() for param in params), NUMBERS, what="the count of numbers in three_layer_parameters()")


@pytest.mark.question("Q2", points=1.5)
def test_parameters_shapes(student):
    """Each of the six tensors has the shape that Q1 names."""
    for name, param, shape in zip(NAMES, six_tensors(student), SHAPES, strict=True):
        assert_shape(param, shape, what=name)


@pytest.mark.question("Q2", points=2.5)
def test_parameters_kaiming(student):
    """The weights scatter around 0 with standard deviation sqrt(2 / fan-in)."""
    params = six_tensors(student)
    for index, fan_in in ((0, 3 * 5 * 5), (2, 32 * 3 * 3), (4, 16 * 32 * 32)):
        assert_shape(params[index], SHAPES[index], what=NAMES[index])
        # Root mean square, so a mean other than 0 shows, too. A sample of n strays by 1 / sqrt(2 n): six times that is allowed.
        root_mean_square = params[index].detach().double().square().mean().sqrt().item()
        allowed = 6 / math.sqrt(2 * params[index].numel())
        what = f"the standard deviation of {NAMES[index]}"
        assert_close(root_mean_square, math.sqrt(2 / fan_in), rtol=allowed, atol=0.0, what=what)


# --- Q3, Q4, Q5: nn.Module --------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q3", points=3.5)
def test_module_parameters(student):
    """ThreeLayerConvNet(3, 12, 8, 10) has 83,714 parameters in 6 tensors."""
    net = student.ThreeLayerConvNet(3, 12, 8, 10)
    assert_parameters(parameters_of(student, net), total=83_714, tensors=6, what="ThreeLayerConvNet(3, 12, 8, 10)")


@pytest.mark.question("Q3", points=2.5)
def test_module_channels(student):
    """ThreeLayerConvNet(3, 32, 16, 10) has 170,906 parameters: the channels are the arguments'."""
    net = student.ThreeLayerConvNet(3, 32, 16, 10)
    assert_parameters(parameters_of(student, net), total=NUMBERS, tensors=6, what="ThreeLayerConvNet(3, 32, 16, 10)")


@pytest.mark.question("Q4", points=2)
def test_module_output_shape(student):
    """64 images of 3x32x32 give scores of the shape (64, 10)."""
    net = student.ThreeLayerConvNet(3, 12, 8, 10)
    scores = forward(student, net, normal(64, 3, 32, 32, seed=20))
    assert_shape(scores, (64, 10), what="ThreeLayerConvNet(3, 12, 8, 10)(x)")


@pytest.mark.question("Q4", points=4)
def test_module_value(student):
    """The scores of random images, with random numbers in all six parameters, are right."""
    net = student.ThreeLayerConvNet(3, 4, 5, 10)
    state = randomise(student, net, seed=21)
    # Told by shape: names and order of the layers are the student's own.
    by_shape = {tuple(value.shape): value for value in state.values() if isinstance(value, torch.Tensor)}
    shapes = [(4, 3, 5, 5), (4,), (5, 4, 3, 3), (5,), (10, 5 * 32 * 32), (10,)]
    for shape in shapes:
        assert_that(shape in by_shape, f"ThreeLayerConvNet(3, 4, 5, 10): expected a parameter of shape {shape}, got none.")
    *convolutions, fc_w, fc_b = (by_shape[shape] for shape in shapes)
    x = normal(64, 3, 32, 32, seed=22)
    expected = expected_scores(x, *convolutions, fc_w.T, fc_b).float()
    assert_close(forward(student, net, x), expected, rtol=1e-4, atol=1e-4, what="ThreeLayerConvNet(3, 4, 5, 10)(x)")


@pytest.mark.question("Q5", points=2)
def test_run_model(student):
    """The model has 32 and 16 filters: 170,906 parameters in 6 tensors."""
    model, _ = model_and_optimizer(student, "make_three_layer_run")
    assert_parameters(parameters_of(student, model), total=NUMBERS, tensors=6, what="the model of make_three_layer_run()")


@pytest.mark.question("Q5", points=2)
def test_run_optimizer(student):
    """The optimizer is SGD with learning rate 3e-3."""
    _, optimizer = model_and_optimizer(student, "make_three_layer_run")
    info = optimizer_of(student, optimizer)
    assert_equal(info.type_name, "SGD", what="the optimizer's type")
    for group in info.groups:
        assert_close(group.get("lr"), 3e-3, what="the learning rate")


# --- Q6, Q7 -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=2)
def test_sequential_parameters(student):
    """The model has 170,906 parameters in 6 tensors."""
    model, _ = model_and_optimizer(student, "make_nesterov_run")
    assert_parameters(parameters_of(student, model), total=NUMBERS, tensors=6, what="the model of make_nesterov_run()")


@pytest.mark.question("Q6", points=1.5)
def test_sequential_optimizer(student):
    """The optimizer is SGD with learning rate 1e-2."""
    _, optimizer = model_and_optimizer(student, "make_nesterov_run")
    info = optimizer_of(student, optimizer)
    assert_equal(info.type_name, "SGD", what="the optimizer's type")
    for group in info.groups:
        assert_close(group.get("lr"), 1e-2, what="the learning rate")


@pytest.mark.question("Q7", points=1.5)
def test_open_output_shape(student):
    """In train mode, 8 images of 3x32x32 give scores of the shape (8, 10)."""
    model, _ = model_and_optimizer(student, "make_open_run")
    scores = forward(student, model, normal(8, 3, 32, 32, seed=30), train=True)
    assert_shape(scores, (8, 10), what="model(x)")


# --- Q2t, Q5t, Q6t, Q7t: training -------------------------------------------------------------------------------------------------
# How many images, how long and which threshold: [[training]] in assignment.toml.


def by_steps_written_out(data, convnet, parameters):
    """Runs where your code runs: your function and your parameters, and SGD with learning rate 3e-3 as in train_part2."""
    params = [param.detach().to(data.device).requires_grad_() for param in parameters()]

    class Bare(nn.Module):
        def forward(self, x):
            return convnet(x, params)

    data.networks = {"net": Bare()}
    for _ in range(data.epochs):
        for x, y in data.loader:
            F.cross_entropy(convnet(x, params), y).backward()
            with torch.no_grad():
                for param in params:
                    if param.grad is not None:
                        param -= 3e-3 * param.grad
                        param.grad = None


def as_it_is_made(data, make):
    """Runs where your code runs: your model and your optimizer, as in train_part34."""
    model, optimizer = make()
    model.to(data.device)
    data.networks = {"net": model}
    for _ in range(data.epochs):
        model.train()
        for x, y in data.loader:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@pytest.mark.question("Q2t", points=2)
@pytest.mark.training("bare")
def test_bare_convnet_learns(student, training):
    """Trained on CIFAR-10 as by train_part2 with learning rate 3e-3, three_layer_convnet recognises images that it has never seen."""
    six_tensors(student)
    training.own_loop(by_steps_written_out, student.three_layer_convnet, student.three_layer_parameters)
    training.demand("net")


@pytest.mark.question("Q5t", points=4)
@pytest.mark.training("module")
def test_module_learns(student, training):
    """Trained on CIFAR-10, the model of make_three_layer_run recognises images that it has never seen."""
    model_and_optimizer(student, "make_three_layer_run")
    training.own_loop(as_it_is_made, student.make_three_layer_run)
    training.demand("net")


@pytest.mark.question("Q6t", points=6)
@pytest.mark.training("sequential")
def test_sequential_learns(student, training):
    """Trained on CIFAR-10, the model of make_nesterov_run recognises images that it has never seen."""
    model_and_optimizer(student, "make_nesterov_run")
    training.own_loop(as_it_is_made, student.make_nesterov_run)
    training.demand("net")


@pytest.mark.question("Q7t", points=20)
@pytest.mark.training("open")
def test_open_learns(student, training):
    """Trained on CIFAR-10, the model of make_open_run recognises images that it has never seen."""
    model_and_optimizer(student, "make_open_run")
    training.own_loop(as_it_is_made, student.make_open_run)
    training.demand("net")
