"""Hidden checks of cifar10_convnets: other sizes, gradients, side effects, initial values, optimizers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import assert_close, assert_equal, assert_gradients, assert_shape, assert_that, forward, probe, randomise, state_of
from test_public import (
    NAMES,
    assert_kaiming,
    bare_parameters,
    expected_scores,
    model_and_optimizer,
    normal,
    parameters_in_order,
    root_mean_square,
    six_tensors,
)

# Where the size of the batch or of the images is not what is asked about, they are 64 and 32x32: who fixed them loses that check alone.


@probe(returns=(object, [object]))
def scores_and_slopes(function, x, params, cotangent):
    """The scores, and the gradients of sum(scores * cotangent) in the parameters; None for one that no gradient reaches."""
    leaves = [param.clone().requires_grad_() for param in params]
    scores = function(x, list(leaves))
    if isinstance(scores, torch.Tensor) and scores.shape == cotangent.shape and scores.requires_grad:
        (scores * cotangent).sum().backward()
    return scores, [leaf.grad for leaf in leaves]


@probe(returns=([float, ...], [float, ...]))
def lengths_of_two_steps(model, optimizer):
    """How far each of two steps moves the parameters, all of which start at 0, if all gradients are 1: the least and the most."""
    with torch.no_grad():
        for param in model.parameters():
            param.zero_()
    lengths, before = ([], []), 0.0
    for step in (0, 1):
        for param in model.parameters():
            param.grad = torch.ones_like(param)
        optimizer.step()
        ends = [param.detach().abs() for param in model.parameters()]
        least, most = min(end.min().item() for end in ends), max(end.max().item() for end in ends)
        lengths[step].extend([least - before, most - before])
        before = most
    return lengths


def assert_step_lengths(student, model, optimizer, first, second):
    """What the optimizer does, whatever it says of itself."""
    for name, lengths, wanted in zip(
        ("first", "second"), lengths_of_two_steps(student, model, optimizer), (first, second), strict=True
    ):
        what = f"how far the {name} of two steps moves parameters (the least, the most) if every gradient is 1"
        assert_close(lengths, [wanted, wanted], rtol=1e-3, what=what)


# --- Q1, Q2: bare tensors ---------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q1", points=2)
@settings(max_examples=8)
@given(
    channels=st.integers(1, 3),
    channel_1=st.integers(1, 4),
    channel_2=st.integers(1, 4),
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    num_classes=st.integers(2, 12),
)
def test_convnet_other_image_sizes(student, channels, channel_1, channel_2, size, num_classes):
    """three_layer_convnet works for images of other sizes (not square ones, too), other channels and other numbers of classes."""
    height, width = size
    params = bare_parameters(channels, channel_1, channel_2, channel_2 * height * width, num_classes, seed=50)
    x = normal(64, channels, height, width, seed=51)
    what = f"three_layer_convnet(x, params) for x of shape {tuple(x.shape)}"
    assert_close(student.three_layer_convnet(x, params), expected_scores(x, *params).float(), rtol=1e-4, atol=1e-4, what=what)


@pytest.mark.question("Q1", points=2)
@settings(max_examples=4)
@given(images=st.integers(1, 4), channel_1=st.integers(1, 3), height=st.integers(3, 7), width=st.integers(3, 7))
def test_convnet_gradients_of_other_sizes(student, images, channel_1, height, width):
    """three_layer_convnet's scores and all six gradients are right for other numbers and sizes of images, in float64."""
    x = normal(images, 2, height, width, seed=160, dtype=torch.float64)
    params = bare_parameters(2, channel_1, 2, 2 * height * width, 5, seed=161, dtype=torch.float64)
    cotangent = normal(images, 5, seed=167, dtype=torch.float64)
    scores, slopes = scores_and_slopes(student, student.three_layer_convnet, x, params, cotangent)
    leaves = [param.clone().requires_grad_() for param in params]
    expected = expected_scores(x, *leaves)
    assert_close(
        scores, expected.detach(), rtol=1e-8, atol=1e-8, what=f"three_layer_convnet(x, params) for x of shape {tuple(x.shape)}"
    )
    slopes_expected = torch.autograd.grad((expected * cotangent).sum(), leaves)
    assert_gradients(dict(zip(NAMES, slopes, strict=True)), dict(zip(NAMES, slopes_expected, strict=True)))


@pytest.mark.question("Q2", points=1)
def test_parameters_are_float32(student):
    """All six tensors hold float32 numbers, as the images do, at every call."""
    for call in ("first", "second"):
        for name, param in zip(NAMES, six_tensors(student), strict=True):
            assert_equal(str(param.dtype), "torch.float32", what=f"the dtype of {name}, {call} call")


# --- Q3, Q4, Q5: nn.Module --------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q3", points=1.5)
@settings(max_examples=4)
@given(in_channel=st.integers(1, 4), channel_1=st.integers(5, 20), channel_2=st.integers(21, 24), num_classes=st.integers(30, 40))
def test_module_of_any_size(student, in_channel, channel_1, channel_2, num_classes):
    """ThreeLayerConvNet has the right parameters, with Kaiming's initial values, for any channels and classes."""
    sizes = (in_channel, channel_1, channel_2, num_classes)
    state = state_of(student, student.ThreeLayerConvNet(*sizes))
    conv_w1, _, conv_w2, _, fc_w, _ = parameters_in_order(state, *sizes)
    what = f"ThreeLayerConvNet{sizes}"
    assert_kaiming(conv_w1, in_channel * 5 * 5, what=f"the first convolution's weight of {what}")
    assert_kaiming(conv_w2, channel_1 * 3 * 3, what=f"the second convolution's weight of {what}")
    assert_kaiming(fc_w, channel_2 * 32 * 32, what=f"the linear layer's weight of {what}")


@pytest.mark.question("Q3", points=1)
def test_module_normal_weights(student):
    """In ThreeLayerConvNet the weights start normally distributed (as from kaiming_normal_, not kaiming_uniform_)."""
    net = student.ThreeLayerConvNet(3, 32, 16, 10)
    params = parameters_in_order(state_of(student, net), 3, 32, 16, 10)
    for name, weight in ((NAMES[index], params[index]) for index in (0, 2, 4)):
        # 4.6 % of a normal sample lie beyond two deviations, none of a uniform one; the smallest weight has 2,400 numbers.
        beyond = (weight.detach().double().abs() > 2 * root_mean_square(weight)).double().mean().item()
        message = f"{name}: about 4.6 % should lie beyond two standard deviations, got {beyond:.1%}."
        assert_that(0.02 < beyond < 0.08, message, evidence=root_mean_square(weight))


@pytest.mark.question("Q4", points=2)
def test_module_value_of_other_sizes(student):
    """ThreeLayerConvNet's scores are right for other channels and few images."""
    for n, sizes in ((1, (1, 3, 6, 10)), (3, (2, 5, 3, 10))):  # that it makes as many scores as it is asked for is Q3's to say
        net = student.ThreeLayerConvNet(*sizes)
        params = parameters_in_order(randomise(student, net, seed=83 + n), *sizes)
        x = normal(n, sizes[0], 32, 32, seed=85 + n)
        expected = expected_scores(x, *params).float()
        what = f"ThreeLayerConvNet{sizes}(x) for {n} image(s)"
        assert_close(forward(student, net, x), expected, rtol=1e-4, atol=1e-4, what=what)


@pytest.mark.question("Q5", points=1)
def test_run_takes_plain_steps(student):
    """Each step of make_three_layer_run's optimizer is 3e-3 times the gradient, and nothing else."""
    model, optimizer = model_and_optimizer(student, "make_three_layer_run")
    assert_step_lengths(student, model, optimizer, 3e-3, 3e-3)


# --- Q6: nn.Sequential ------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=1)
def test_sequential_value_of_other_images(student):
    """The scores of make_nesterov_run's model are right for other images and parameters as well."""
    model, _ = model_and_optimizer(student, "make_nesterov_run")
    params = parameters_in_order(randomise(student, model, seed=112), 3, 32, 16, 10)
    x = normal(3, 3, 32, 32, seed=113)
    assert_close(forward(student, model, x), expected_scores(x, *params).float(), rtol=1e-4, atol=1e-3, what="model(x)")


@pytest.mark.question("Q6", points=1.5)
def test_sequential_takes_nesterov_steps(student):
    """The steps of make_nesterov_run's optimizer are those of Nesterov momentum 0.9 with learning rate 1e-2."""
    model, optimizer = model_and_optimizer(student, "make_nesterov_run")
    # v = 0.9 v + 1, then a step of lr (0.9 v + 1): v is 1, then 1.9
    assert_step_lengths(student, model, optimizer, 1.9e-2, 2.71e-2)


# --- Q7: a net of one's own -------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q7", points=1)
def test_open_scores_for_any_batch(student):
    """In eval mode the net of make_open_run gives 5 images the same scores in any order and in batches of 1, 2 and 5."""
    model, _ = model_and_optimizer(student, "make_open_run")
    x = normal(5, 3, 32, 32, seed=150)
    together = forward(student, model, x)
    assert_shape(together, (5, 10), what="model(x) for 5 images")
    for order in ([4], [1, 3], [2, 0, 4, 3, 1]):
        what = f"the scores of the images {order}"
        assert_close(forward(student, model, x[order]), together[order], rtol=1e-3, atol=1e-4, what=what)
