"""Public checks of cifar10_convnets: shapes, counts and values that you can run while you work."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader import (
    describe,
    Outcome,
    CheckFailed,
    assert_close,
    assert_equal,
    assert_gradients,
    assert_parameters,
    assert_shape,
    assert_that,
    assert_unchanged,
    autograd_gradients,
    forward,
    gradients_of,
    optimizer_of,
    parameters_of,
    probe,
    randomise,
    state_of,
)

NUMBERS = 170_906  # parameters of the ConvNet with 32 and 16 filters
SHAPES = [(32, 3, 5, 5), (32,), (16, 32, 3, 3), (16,), (16 * 32 * 32, 10), (10,)]  # of bare tensors
NAMES = ["conv_w1", "conv_b1", "conv_w2", "conv_b2", "fc_w", "fc_b"]


def normal(*shape, seed, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def bare_parameters(channels, channel_1, channel_2, features, num_classes, *, seed, dtype=torch.float32):
    """Six random tensors (biases, too), scaled so that every layer's outputs are of order 1."""
    return [
        normal(channel_1, channels, 5, 5, seed=seed, dtype=dtype) / math.sqrt(channels * 25),
        normal(channel_1, seed=seed + 1, dtype=dtype),
        normal(channel_2, channel_1, 3, 3, seed=seed + 2, dtype=dtype) / math.sqrt(channel_1 * 9),
        normal(channel_2, seed=seed + 3, dtype=dtype),
        normal(features, num_classes, seed=seed + 4, dtype=dtype) / math.sqrt(features),
        normal(num_classes, seed=seed + 5, dtype=dtype),
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


@pytest.mark.question("Q1", points=1.5)
def test_convnet_output_shape(student):
    """three_layer_convnet gives scores (64, 10) for 64 images of 3x32x32, with 6 and 9 filters and 10 classes."""
    params = bare_parameters(3, 6, 9, 9 * 32 * 32, 10, seed=1)
    scores = student.three_layer_convnet(normal(64, 3, 32, 32, seed=0), params)
    assert_shape(scores, (64, 10), what="three_layer_convnet(x, params)")


@pytest.mark.question("Q1", points=3)
def test_convnet_value(student):
    """three_layer_convnet computes the right scores of random images with random parameters."""
    x = normal(64, 3, 32, 32, seed=10)
    params = bare_parameters(3, 2, 4, 4 * 32 * 32, 10, seed=11)
    scores = student.three_layer_convnet(x, params)
    assert_close(scores, expected_scores(x, *params).float(), rtol=1e-4, atol=1e-4, what="three_layer_convnet(x, params)")


@pytest.mark.question("Q1", points=2)
def test_convnet_other_batch_sizes(student):
    """three_layer_convnet scores batches of 1, 2 and 5 images as well, one row an image."""
    params = bare_parameters(3, 4, 5, 5 * 32 * 32, 10, seed=40)
    for n in (1, 2, 5):
        x = normal(n, 3, 32, 32, seed=41 + n)
        scores = student.three_layer_convnet(x, params)
        what = f"three_layer_convnet(x, params) for {n} image(s)"
        assert_close(scores, expected_scores(x, *params).float(), rtol=1e-4, atol=1e-4, what=what)


@probe(returns=(object, [object]))
def scores_and_gradients(function, x, params, cotangent):
    """The scores, and the gradients of sum(scores * cotangent) in the parameters; None for one that no gradient reaches."""
    leaves = [param.clone().requires_grad_() for param in params]
    scores = function(x, list(leaves))
    if isinstance(scores, torch.Tensor) and scores.shape == cotangent.shape and scores.requires_grad:
        (scores * cotangent).sum().backward()
    return scores, [leaf.grad for leaf in leaves]


@pytest.mark.question("Q1", points=2.5)
def test_convnet_gradients(student):
    """The gradients of three_layer_convnet's scores reach all six parameters, and are right."""
    x = normal(64, 1, 32, 32, seed=60, dtype=torch.float64)
    params = bare_parameters(1, 2, 3, 3 * 32 * 32, 10, seed=61, dtype=torch.float64)
    cotangent = normal(64, 10, seed=67, dtype=torch.float64)
    scores, gradients = scores_and_gradients(student, student.three_layer_convnet, x, params, cotangent)
    assert_shape(scores, (64, 10), what="three_layer_convnet(x, params)")
    leaves = [param.clone().requires_grad_() for param in params]
    expected = torch.autograd.grad((expected_scores(x, *leaves) * cotangent).sum(), leaves)
    assert_gradients(dict(zip(NAMES, gradients, strict=True)), dict(zip(NAMES, expected, strict=True)))


@pytest.mark.question("Q1", points=2)
def test_convnet_leaves_its_arguments_alone(student):
    """three_layer_convnet changes neither the images nor the list of parameters."""
    x = normal(64, 3, 32, 32, seed=70)
    params = bare_parameters(3, 2, 3, 3 * 32 * 32, 10, seed=71)
    scores = assert_unchanged(student.three_layer_convnet, x, params)
    assert_shape(scores, (64, 10), what="three_layer_convnet(x, params)")


@pytest.mark.question("Q2", points=1)
def test_parameters_count(student):
    """The six tensors of three_layer_parameters hold 170,906 numbers."""
    params = six_tensors(student)
    assert_equal(sum(param.numel() for param in params), NUMBERS, what="the count of numbers in three_layer_parameters()")


@pytest.mark.question("Q2", points=1.5)
def test_parameters_shapes(student):
    """Each of the six tensors has the shape that Q1 names."""
    for name, param, shape in zip(NAMES, six_tensors(student), SHAPES, strict=True):
        assert_shape(param, shape, what=name)


@pytest.mark.question("Q2", points=2)
def test_parameters_kaiming(student):
    """The weights of three_layer_parameters scatter around 0 with standard deviation sqrt(2 / fan-in)."""
    params = six_tensors(student)
    for index, fan_in in ((0, 3 * 5 * 5), (2, 32 * 3 * 3), (4, 16 * 32 * 32)):
        assert_shape(params[index], SHAPES[index], what=NAMES[index])
        # Root mean square, so a mean other than 0 shows, too. A sample of n strays by 1 / sqrt(2 n): six times that is allowed.
        root_mean_square = params[index].detach().double().square().mean().sqrt().item()
        allowed = 6 / math.sqrt(2 * params[index].numel())
        what = f"the standard deviation of {NAMES[index]}"
        assert_close(root_mean_square, math.sqrt(2 / fan_in), rtol=allowed, atol=0.0, what=what)


@pytest.mark.question("Q2", points=1)
def test_parameters_zero_biases(student):
    """The three biases of three_layer_parameters are zero."""
    params = six_tensors(student)
    for index, count in ((1, 32), (3, 16), (5, 10)):
        assert_close(params[index], torch.zeros(count), rtol=0.0, atol=0.0, what=NAMES[index])


@probe(returns=[(bool, bool)])
def kinds_of_parameters(make):
    """For each tensor that `make` returns: whether it requires a gradient, and whether it is a leaf."""
    return [(param.requires_grad, param.is_leaf) for param in make()]


@pytest.mark.question("Q2", points=1.5)
def test_parameters_are_trainable_leaves(student):
    """All six tensors require a gradient and are leaves, so that backward() fills their .grad."""
    six_tensors(student)
    kinds = kinds_of_parameters(student, student.three_layer_parameters)
    assert_that(isinstance(kinds, list) and len(kinds) == 6, "three_layer_parameters(): expected six tensors at every call.")
    for name, (requires_grad, is_leaf) in zip(NAMES, kinds, strict=True):
        assert_equal(requires_grad, True, what=f"{name}.requires_grad")
        assert_equal(is_leaf, True, what=f"{name}.is_leaf", hint="Ask for gradients last: computing makes a new tensor.")


# --- Q3, Q4, Q5: nn.Module --------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q3", points=3)
def test_module_parameters(student):
    """ThreeLayerConvNet(3, 12, 8, 10) has 83,714 parameters in 6 tensors."""
    net = student.ThreeLayerConvNet(3, 12, 8, 10)
    assert_parameters(parameters_of(student, net), total=83_714, tensors=6, what="ThreeLayerConvNet(3, 12, 8, 10)")


@pytest.mark.question("Q3", points=2)
def test_module_channels(student):
    """ThreeLayerConvNet(3, 32, 16, 10) has 170,906 parameters: the channels are the arguments'."""
    net = student.ThreeLayerConvNet(3, 32, 16, 10)
    assert_parameters(parameters_of(student, net), total=NUMBERS, tensors=6, what="ThreeLayerConvNet(3, 32, 16, 10)")


@pytest.mark.question("Q3", points=2.5)
def test_module_num_classes(student):
    """ThreeLayerConvNet(3, 6, 4, 7) scores 7 classes: 29,355 parameters."""
    net = student.ThreeLayerConvNet(3, 6, 4, 7)
    assert_parameters(parameters_of(student, net), total=29_355, tensors=6, what="ThreeLayerConvNet(3, 6, 4, 7)")


@pytest.mark.question("Q3", points=1.5)
def test_module_in_channel(student):
    """ThreeLayerConvNet(1, 6, 4, 10) takes images of one channel: 41,346 parameters."""
    net = student.ThreeLayerConvNet(1, 6, 4, 10)
    assert_parameters(parameters_of(student, net), total=41_346, tensors=6, what="ThreeLayerConvNet(1, 6, 4, 10)")


def names_in_order(state, channels, channel_1, channel_2, num_classes):
    """The six names of a net's state in the order of `NAMES`, told by shape: names and order are the student's own.

    Needs six different shapes.
    """
    shapes = [
        (channel_1, channels, 5, 5),
        (channel_1,),
        (channel_2, channel_1, 3, 3),
        (channel_2,),
        (num_classes, channel_2 * 32 * 32),
        (num_classes,),
    ]
    by_shape = {tuple(value.shape): name for name, value in state.items() if isinstance(value, torch.Tensor)}
    for shape in shapes:
        assert_that(shape in by_shape, f"the net: expected a parameter of shape {shape}, got none.")
    return [by_shape[shape] for shape in shapes]


def parameters_in_order(state, *sizes):
    """The six tensors of a net's state in the order of `NAMES`; the linear weight is turned to (inputs, outputs)."""
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = (state[name] for name in names_in_order(state, *sizes))
    return [conv_w1, conv_b1, conv_w2, conv_b2, fc_w.T, fc_b]


def root_mean_square(weight):
    return weight.detach().double().square().mean().sqrt().item()


def assert_kaiming(weight, fan_in, *, what):
    """The weight scatters around 0 with sqrt(2 / fan_in). A sample of n strays by 1 / sqrt(2 n): six times that is allowed."""
    allowed = 6 / math.sqrt(2 * weight.numel())
    assert_close(root_mean_square(weight), math.sqrt(2 / fan_in), rtol=allowed, atol=0.0, what=f"the standard deviation of {what}")


@pytest.mark.question("Q3", points=2)
def test_module_kaiming_convolutions(student):
    """In ThreeLayerConvNet the convolutions' weights start with standard deviation sqrt(2 / fan-in)."""
    net = student.ThreeLayerConvNet(3, 32, 16, 10)
    conv_w1, _, conv_w2, *_ = parameters_in_order(state_of(student, net), 3, 32, 16, 10)
    assert_kaiming(conv_w1, 3 * 5 * 5, what="the first convolution's weight")
    assert_kaiming(conv_w2, 32 * 3 * 3, what="the second convolution's weight")


@pytest.mark.question("Q3", points=1.5)
def test_module_kaiming_linear(student):
    """In ThreeLayerConvNet the linear layer's weight starts with standard deviation sqrt(2 / fan-in)."""
    net = student.ThreeLayerConvNet(3, 32, 16, 10)
    fc_w = parameters_in_order(state_of(student, net), 3, 32, 16, 10)[4]
    assert_kaiming(fc_w, 16 * 32 * 32, what="the linear layer's weight")


@pytest.mark.question("Q4", points=1.5)
def test_module_output_shape(student):
    """ThreeLayerConvNet turns 64 images of 3x32x32 into scores of the shape (64, 10)."""
    net = student.ThreeLayerConvNet(3, 12, 8, 10)
    scores = forward(student, net, normal(64, 3, 32, 32, seed=20))
    assert_shape(scores, (64, 10), what="ThreeLayerConvNet(3, 12, 8, 10)(x)")


@pytest.mark.question("Q4", points=3.5)
def test_module_value(student):
    """ThreeLayerConvNet computes the right scores, with random numbers in all six parameters."""
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


@pytest.mark.question("Q4", points=2)
def test_module_gradients(student):
    """The gradient of ThreeLayerConvNet's scores reaches all six parameters, and is right."""
    net = student.ThreeLayerConvNet(3, 2, 4, 10)
    state = randomise(student, net, seed=80)
    names = names_in_order(state, 3, 2, 4, 10)
    x = normal(64, 3, 32, 32, seed=81)
    cotangent = normal(64, 10, seed=82)
    assert_shape(forward(student, net, x), (64, 10), what="ThreeLayerConvNet(3, 2, 4, 10)(x)")
    gradients = gradients_of(student, net, {"x": x}, cotangent=cotangent)
    inputs = {"x": x, **dict(zip(NAMES, parameters_in_order(state, 3, 2, 4, 10), strict=True))}
    expected = autograd_gradients(expected_scores, inputs, cotangent=cotangent, wrt=NAMES)
    expected["fc_w"] = expected["fc_w"].T
    assert_gradients(
        {name: gradients.get(name) for name in names},
        {name: expected[role].float() for name, role in zip(names, NAMES, strict=True)},
        rtol=1e-3,
        atol=1e-3,
    )


@pytest.mark.question("Q4", points=1)
def test_module_other_batch_sizes(student):
    """ThreeLayerConvNet scores batches of 1 and of 40 images (the last of an epoch), one row an image."""
    net = student.ThreeLayerConvNet(3, 6, 4, 10)
    for n in (1, 40):
        scores = forward(student, net, normal(n, 3, 32, 32, seed=90))
        assert_shape(scores, (n, 10), what=f"ThreeLayerConvNet(3, 6, 4, 10)(x) for {n} image(s)")


@pytest.mark.question("Q5", points=1.5)
def test_run_model(student):
    """The model of make_three_layer_run has 32 and 16 filters: 170,906 parameters in 6 tensors."""
    model, _ = model_and_optimizer(student, "make_three_layer_run")
    assert_parameters(parameters_of(student, model), total=NUMBERS, tensors=6, what="the model of make_three_layer_run()")


@pytest.mark.question("Q5", points=2)
def test_run_optimizer(student):
    """The optimizer of make_three_layer_run is plain SGD with learning rate 3e-3: no momentum, no weight decay."""
    _, optimizer = model_and_optimizer(student, "make_three_layer_run")
    info = optimizer_of(student, optimizer)
    assert_equal(info.type_name, "SGD", what="the optimizer's type")
    for group in info.groups:
        assert_close(group.get("lr"), 3e-3, what="the learning rate")
        assert_close(group.get("momentum"), 0.0, what="the momentum")
        assert_close(group.get("weight_decay"), 0.0, what="the weight decay")


@probe(returns=dict)
def moved_by_a_step(model, optimizer):
    """How far one step of the optimizer moves each trainable parameter, at the most, if all gradients are 1."""
    before = {name: param.detach().clone() for name, param in model.named_parameters() if param.requires_grad}
    for param in model.parameters():
        param.grad = torch.ones_like(param)
    optimizer.step()
    return {name: (param.detach() - before[name]).abs().max().item() for name, param in model.named_parameters() if name in before}


def assert_trains_the_model(student, name, x=None):
    """A step of the optimizer that `name` returns moves every parameter of the model that it returns."""
    model, optimizer = model_and_optimizer(student, name)
    if x is not None:
        forward(student, model, x)  # lazy layers make their parameters now
    moved = moved_by_a_step(student, model, optimizer)
    still = [parameter for parameter, distance in moved.items() if not distance > 0]
    assert_that(moved != {}, f"{name}(): expected a model with parameters to train, got none.")
    assert_that(
        still == [],
        f"{name}(): a step of the optimizer should move every parameter of the model; it leaves {', '.join(still)} where they are.",
        hint="Build the model once, then hand model.parameters() to the optimizer.",
    )


def assert_nothing_is_frozen(student, name):
    """All parameters of the model that `name` returns take gradients."""
    model, _ = model_and_optimizer(student, name)
    frozen = [parameter.name for parameter in parameters_of(student, model) if not parameter.requires_grad]
    assert_that(
        frozen == [],
        f"{name}(): every parameter of the model should be trained; {', '.join(frozen)} have requires_grad=False.",
        hint="A net that starts from random numbers has nothing worth freezing.",
    )


@pytest.mark.question("Q5", points=1.5)
def test_run_trains_its_model(student):
    """A step of make_three_layer_run's optimizer moves every parameter of its model."""
    assert_trains_the_model(student, "make_three_layer_run")
    assert_nothing_is_frozen(student, "make_three_layer_run")


# --- Q6, Q7 -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=1.5)
def test_sequential_parameters(student):
    """The model of make_nesterov_run has 170,906 parameters in 6 tensors."""
    model, _ = model_and_optimizer(student, "make_nesterov_run")
    assert_parameters(parameters_of(student, model), total=NUMBERS, tensors=6, what="the model of make_nesterov_run()")


@pytest.mark.question("Q6", points=1.5)
def test_sequential_optimizer(student):
    """The optimizer of make_nesterov_run is SGD with learning rate 1e-2 and momentum 0.9, in Nesterov's form."""
    _, optimizer = model_and_optimizer(student, "make_nesterov_run")
    info = optimizer_of(student, optimizer)
    assert_equal(info.type_name, "SGD", what="the optimizer's type")
    for group in info.groups:
        assert_close(group.get("lr"), 1e-2, what="the learning rate")
        assert_close(group.get("momentum", 0.0), 0.9, what="the momentum")
        assert_equal(group.get("nesterov", False), True, what="nesterov")


WANTED_LAYERS = "Conv2d - ReLU - Conv2d - ReLU - Linear"


@probe(returns=[str])
def layers_called(model, x):
    """The kinds of the layers without layers of their own, in the order in which they run; what only flattens is left out.

    A layer derived from one of torch's counts as that one.
    """
    called = []

    def note(layer, inputs, output):
        flattens = output.shape != inputs[0].shape and torch.equal(output.flatten(), inputs[0].flatten())
        if not flattens:
            kinds = [kind for kind in type(layer).__mro__ if kind.__module__.startswith("torch.nn") and kind is not nn.Module]
            called.append((kinds or [type(layer)])[0].__name__)

    for module in model.modules():
        if not list(module.children()):
            module.register_forward_hook(note)
    model.eval()
    with torch.no_grad():
        model(x)
    return called


@pytest.mark.question("Q6", points=1.5)
def test_sequential_layer_order(student):
    """The layers of make_nesterov_run's model run in the given order: conv, ReLU, conv, ReLU, flatten, linear, and no other."""
    model, _ = model_and_optimizer(student, "make_nesterov_run")
    called = layers_called(student, model, normal(2, 3, 32, 32, seed=100))
    assert_equal(" - ".join(called), WANTED_LAYERS, what="the layers, flattening aside, in the order in which they run")


@pytest.mark.question("Q6", points=1)
def test_sequential_with_given_parameters(student):
    """The model of make_nesterov_run computes the right scores, with random numbers in all six parameters."""
    model, _ = model_and_optimizer(student, "make_nesterov_run")
    params = parameters_in_order(randomise(student, model, seed=110), 3, 32, 16, 10)
    x = normal(2, 3, 32, 32, seed=111)
    assert_close(forward(student, model, x), expected_scores(x, *params).float(), rtol=1e-4, atol=1e-3, what="model(x)")


@pytest.mark.question("Q6", points=1)
def test_sequential_trains_its_model(student):
    """A step of make_nesterov_run's optimizer moves every parameter of its model."""
    assert_trains_the_model(student, "make_nesterov_run")
    assert_nothing_is_frozen(student, "make_nesterov_run")


@pytest.mark.question("Q7", points=1)
def test_open_output_shape(student):
    """In train mode the net of make_open_run turns 8 images of 3x32x32 into scores of the shape (8, 10)."""
    model, _ = model_and_optimizer(student, "make_open_run")
    scores = forward(student, model, normal(8, 3, 32, 32, seed=30), train=True)
    assert_shape(scores, (8, 10), what="model(x)")


@pytest.mark.question("Q7", points=1)
def test_open_scores_depend_on_their_own_image(student):
    """In eval mode the net of make_open_run gives an image the same scores alone as in a batch."""
    model, _ = model_and_optimizer(student, "make_open_run")
    x = normal(3, 3, 32, 32, seed=120)
    together = forward(student, model, x)
    assert_shape(together, (3, 10), what="model(x) for 3 images")
    for index in range(3):
        alone = forward(student, model, x[index : index + 1])
        assert_close(alone, together[index : index + 1], rtol=1e-3, atol=1e-4, what=f"the scores of image {index} alone")


@pytest.mark.question("Q7", points=1)
def test_open_raw_scores(student):
    """The net of make_open_run returns raw scores, no probabilities: cross_entropy has the softmax in it."""
    model, _ = model_and_optimizer(student, "make_open_run")
    scores = forward(student, model, normal(4, 3, 32, 32, seed=130))
    assert_shape(scores, (4, 10), what="model(x) for 4 images")
    scores = torch.as_tensor(scores).double()
    are_probabilities = bool((scores >= 0).all()) and bool(((scores.sum(dim=1) - 1).abs() < 1e-4).all())
    assert_that(not are_probabilities, "model(x): expected raw scores, got rows of probabilities.", hint="Leave the softmax out.")


@pytest.mark.question("Q7", points=1)
def test_open_trains_its_model(student):
    """A step of make_open_run's optimizer moves every trainable parameter of its model."""
    assert_trains_the_model(student, "make_open_run", normal(2, 3, 32, 32, seed=140))


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
    data.move(model, optimizer)
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


@pytest.mark.question("Q5t", points=1)
def test_module_is_trained_on_raw_scores(student):
    """The model of make_three_layer_run gives raw scores, some of them negative: neither ReLU nor softmax comes last."""
    model, _ = model_and_optimizer(student, "make_three_layer_run")
    randomise(student, model, seed=31)
    scores = forward(student, model, normal(16, 3, 32, 32, seed=32))
    assert_shape(scores, (16, 10), what="the scores of 16 images")
    some_negative = bool((torch.as_tensor(scores).double() < 0).any())
    assert_that(
        some_negative, "the model should give some negative scores; found none", hint="Is there a ReLU or a softmax after it?"
    )


@pytest.mark.question("Q5t", points=3)
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
