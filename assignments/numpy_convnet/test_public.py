"""Public checks of numpy_convnet: small examples, shapes, and one gradient of every kind. The expected values come from torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader import (
    assert_close,
    assert_equal,
    assert_gradients,
    assert_shape,
    assert_that,
    assert_unchanged,
    autograd_gradients,
    probe,
)


def tensors(**arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


# --- Q1 ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q1", points=1.5)
def test_im2col_example(student):
    """im2col lays the four 3x3 patches of a 4x4 image out as four rows."""
    x = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    expected = np.array([
        [1, 2, 3, 5, 6, 7, 9, 10, 11],
        [2, 3, 4, 6, 7, 8, 10, 11, 12],
        [5, 6, 7, 9, 10, 11, 13, 14, 15],
        [6, 7, 8, 10, 11, 12, 14, 15, 16],
    ], dtype=np.float64)  # fmt: skip
    assert_close(student.im2col(x, 3, 3), expected, what="im2col(x, 3, 3)")


@pytest.mark.question("Q1", points=1)
def test_im2col_shape(student):
    """im2col returns (N * OH * OW, C * FH * FW) for other strides and pads."""
    x = np.random.default_rng(1).normal(size=(2, 3, 7, 8))
    for filter_h, filter_w, stride, pad, shape in ((5, 5, 1, 0, (24, 75)), (3, 2, 2, 1, (40, 18)), (3, 3, 3, 2, (24, 27))):
        what = f"im2col(x, {filter_h}, {filter_w}, stride={stride}, pad={pad}) for x of shape (2, 3, 7, 8)"
        assert_shape(student.im2col(x, filter_h, filter_w, stride=stride, pad=pad), shape, what=what)


@pytest.mark.question("Q1", points=1.5)
def test_col2im_counts_overlaps(student):
    """col2im adds up what falls on the same pixel, four ones in the middle of a 3x3 image, and cuts the padding off."""
    expected = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float64).reshape(1, 1, 3, 3)
    assert_close(student.col2im(np.ones((4, 4)), (1, 1, 3, 3), 2, 2), expected, what="col2im(ones((4, 4)), (1, 1, 3, 3), 2, 2)")
    found = student.col2im(np.ones((16, 4)), (1, 1, 3, 3), 2, 2, pad=1)  # now every pixel is in four patches
    assert_close(found, np.full((1, 1, 3, 3), 4.0), what="col2im(ones((16, 4)), (1, 1, 3, 3), 2, 2, pad=1)")


@pytest.mark.question("Q1", points=1)
def test_im2col_and_col2im_leave_their_arguments(student):
    """im2col and col2im do not change the arrays that they are given."""
    random = np.random.default_rng(3)
    col = assert_unchanged(student.im2col, random.normal(size=(2, 2, 4, 4)), 2, 2, stride=2, pad=1, what="im2col")
    assert_shape(col, (18, 8), what="im2col(x, 2, 2, stride=2, pad=1) for x of shape (2, 2, 4, 4)")
    x = assert_unchanged(student.col2im, random.normal(size=(18, 8)), (2, 2, 4, 4), 2, 2, stride=2, pad=1, what="col2im")
    assert_shape(x, (2, 2, 4, 4), what="col2im(col, (2, 2, 4, 4), 2, 2, stride=2, pad=1)")


# --- Q2, Q3, Q4: layers -----------------------------------------------------------------------------------------------------------


@probe
def forward_of(layer, arguments, x):
    """The output of a new layer."""
    return layer(*arguments).forward(x)


@probe
def input_gradient_of(layer, arguments, x, dout):
    """Forward and backward of a new layer: dx."""
    made = layer(*arguments)
    made.forward(x)
    return made.backward(dout)


@probe
def gradients_of_layer(layer, arguments, x, dout):
    """Forward and backward of a new layer with weights: dx, dW and db."""
    made = layer(*arguments)
    made.forward(x)
    dx = made.backward(dout)
    return {"x": dx, "W": made.dW, "b": made.db}


@pytest.mark.question("Q2", points=2)
def test_convolution_value(student):
    """Convolution.forward agrees with torch's convolution, with stride 1 and pad 0, and with stride 2 and pad 1."""
    random = np.random.default_rng(2)
    x, W, b = random.normal(size=(2, 3, 6, 6)), random.normal(size=(4, 3, 3, 3)), random.normal(size=4)
    for stride, pad in ((1, 0), (2, 1)):
        expected = F.conv2d(*tensors(x=x, W=W, b=b).values(), stride=stride, padding=pad).numpy()
        out = forward_of(student, student.Convolution, (W, b, stride, pad), x)
        assert_close(out, expected, what=f"Convolution(W, b, {stride}, {pad}).forward(x)")


@pytest.mark.question("Q2", points=3)
def test_convolution_gradients(student):
    """Convolution.backward gives dx and sets dW and db, with stride 1 and pad 0, and with stride 2 and pad 1."""
    random = np.random.default_rng(3)
    x, W, b = random.normal(size=(2, 3, 5, 5)), random.normal(size=(4, 3, 3, 3)), random.normal(size=4)
    dout = random.normal(size=(2, 4, 3, 3))
    for stride, pad in ((1, 0), (2, 1)):

        def oracle(x, W, b, stride=stride, pad=pad):
            return F.conv2d(x, W, b, stride=stride, padding=pad)

        expected = autograd_gradients(oracle, tensors(x=x, W=W, b=b), cotangent=torch.from_numpy(dout))
        found = gradients_of_layer(student, student.Convolution, (W, b, stride, pad), x, dout)
        assert_gradients(found, expected, what=f"the gradient of Convolution(W, b, {stride}, {pad})")


@probe(returns={"W": object, "b": object})
def second_backward_of(layer, arguments, first, x, dout):
    """Backward on one batch, then on another: the second batch's dW and db."""
    made = layer(*arguments)
    made.forward(first)
    made.backward(dout)
    made.forward(x)
    made.backward(dout)
    return {"W": made.dW, "b": made.db}


@pytest.mark.question("Q2", points=1)
def test_convolution_gradients_are_set_afresh(student):
    """A second backward of Convolution sets dW and db afresh and adds nothing to the first ones."""
    random = np.random.default_rng(8)
    first, x = random.normal(size=(2, 2, 2, 5, 5))
    W, b, dout = random.normal(size=(3, 2, 3, 3)), random.normal(size=3), random.normal(size=(2, 3, 3, 3))
    inputs = tensors(x=x, W=W, b=b)
    expected = autograd_gradients(F.conv2d, inputs, cotangent=torch.from_numpy(dout), wrt=("W", "b"))
    gradients = second_backward_of(student, student.Convolution, (W, b), first, x, dout)
    assert_gradients(gradients, expected, what="the gradient of the second batch")


@pytest.mark.question("Q3", points=1.5)
def test_pooling_example(student):
    """2x2 max-pooling of a 4x4 image keeps the largest value of each block."""
    x = np.array([[3, -1, -3, 1], [12, -1, 0, 2], [-7, -3, 3, -2], [-5, -1, 4, -2]], dtype=np.float64).reshape(1, 1, 4, 4)
    expected = np.array([[12, 2], [-1, 4]], dtype=np.float64).reshape(1, 1, 2, 2)
    assert_close(forward_of(student, student.Pooling, (2, 2), x), expected, what="Pooling(2, 2).forward(x)")


@pytest.mark.question("Q3", points=1.5)
def test_pooling_gradient_goes_to_the_maximum(student):
    """Pooling.backward gives a window's gradient to its maximum alone, and adds up where windows overlap."""
    x = np.random.default_rng(4).permutation(np.arange(2.0 * 3 * 4 * 6)).reshape(2, 3, 4, 6)
    for stride, places in ((2, (2, 3)), (1, (3, 5))):
        dout = np.random.default_rng(5).normal(size=(2, 3, *places))

        def oracle(x, stride=stride):
            return F.max_pool2d(x, 2, stride)

        expected = autograd_gradients(oracle, tensors(x=x), cotangent=torch.from_numpy(dout))["x"]
        found = input_gradient_of(student, student.Pooling, (2, 2, stride), x, dout)
        assert_gradients(found, expected, what=f"Pooling(2, 2, {stride}).backward(dout)")


@pytest.mark.question("Q3", points=1)
def test_pooling_ties(student):
    """Where several values of a window are the largest, Pooling.backward gives one of them alone the gradient."""
    x = np.repeat(np.arange(1.0, 7.0), 4).reshape(2, 3, 2, 2)  # every 2x2 block is constant
    dout = np.random.default_rng(12).uniform(0.5, 1.5, size=(2, 3, 1, 1))
    dx = input_gradient_of(student, student.Pooling, (2, 2), x, dout)
    assert_shape(dx, x.shape, what="Pooling(2, 2).backward(dout)")
    blocks = np.sort(np.asarray(dx).reshape(6, 4), axis=1)
    expected = np.concatenate([np.zeros((6, 3)), dout.reshape(6, 1)], axis=1)
    assert_close(blocks, expected, what="the gradients in each block of four equal values, sorted")


@pytest.mark.question("Q3", points=1)
def test_pooling_pad(student):
    """`pad` counts twice in the output size of Pooling, and each window sees its padded surroundings."""
    random = np.random.default_rng(10)
    for shape, window, stride in (((2, 3, 4, 6), (2, 2), 2), ((2, 2, 5, 4), (3, 3), 2), ((1, 2, 4, 4), (2, 2), 1)):
        x = random.uniform(0.5, 1.5, size=shape)  # positive, as after a ReLU: zeros around the image do no harm
        expected = F.max_pool2d(torch.from_numpy(x), window, stride, padding=1).numpy()
        out = forward_of(student, student.Pooling, (*window, stride, 1), x)
        assert_close(out, expected, what=f"Pooling({window[0]}, {window[1]}, stride={stride}, pad=1).forward(x) for x {shape}")


@pytest.mark.question("Q3", points=0.5)
def test_pooling_pad_never_wins(student):
    """Padding of Pooling counts as minus infinity: it beats no negative value."""
    x = -1.0 - np.random.default_rng(18).random(size=(2, 2, 4, 6))
    expected = F.max_pool2d(torch.from_numpy(x), (2, 2), 2, padding=1).numpy()
    out = forward_of(student, student.Pooling, (2, 2, 2, 1), x)
    assert_close(out, expected, what="Pooling(2, 2, stride=2, pad=1).forward(x) for negative x")


@pytest.mark.question("Q4", points=1)
def test_relu_value(student):
    """Relu.forward keeps positive values and sets the others to 0."""
    x = np.array([[1.5, -0.5, 0.0], [-2.0, 3.0, -1e-9]])
    assert_close(forward_of(student, student.Relu, (), x), np.array([[1.5, 0, 0], [0, 3, 0]]), what="Relu().forward(x)")


@pytest.mark.question("Q4", points=1)
def test_relu_gradient(student):
    """Relu.backward lets the gradient through where the input was positive."""
    x = np.array([[1.5, -0.5, 0.0], [-2.0, 3.0, -1e-9]])
    dout = np.array([[-1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])
    expected = np.array([[-1.0, 0, 0], [0, 5.0, 0]])
    assert_gradients(input_gradient_of(student, student.Relu, (), x, dout), expected, what="Relu().backward(dout)")


@probe(returns={"out": np.ndarray, "dx": np.ndarray, "x": np.ndarray, "dout": np.ndarray})
def arguments_and_answers(layer, x, dout):
    """Forward and backward of a new layer: what they return, and what their arguments are afterwards."""
    made = layer()
    out = np.array(made.forward(x))
    dx = np.array(made.backward(dout))
    return {"out": out, "dx": dx, "x": x, "dout": dout}


@pytest.mark.question("Q4", points=1)
def test_relu_leaves_its_arguments(student):
    """Relu changes neither the input of forward nor the gradient given to backward."""
    random = np.random.default_rng(13)
    x, dout = random.normal(size=(2, 2, 3, 3)), random.normal(size=(2, 2, 3, 3))
    after = arguments_and_answers(student, student.Relu, x, dout)
    assert_close(after["out"], x.clip(min=0), what="Relu().forward(x)")
    assert_close(after["dx"], dout * (x > 0), what="Relu().backward(dout)")
    assert_close(after["x"], x, rtol=0, atol=0, what="x after Relu().forward(x)")
    assert_close(after["dout"], dout, rtol=0, atol=0, what="dout after Relu().backward(dout)")


@pytest.mark.question("Q4", points=1)
def test_affine_value(student):
    """Affine.forward is x @ W + b."""
    random = np.random.default_rng(6)
    x, W, b = random.normal(size=(3, 5)), random.normal(size=(5, 4)), random.normal(size=4)
    expected = np.einsum("nd,dm->nm", x, W) + b
    assert_close(forward_of(student, student.Affine, (W, b), x), expected, what="Affine(W, b).forward(x)")


@pytest.mark.question("Q4", points=1)
def test_affine_gradients(student):
    """Affine.backward gives dx and sets dW and db."""
    random = np.random.default_rng(7)
    x, W, b, dout = (random.normal(size=shape) for shape in ((3, 5), (5, 4), (4,), (3, 4)))
    expected = autograd_gradients(lambda x, W, b: x @ W + b, tensors(x=x, W=W, b=b), cotangent=torch.from_numpy(dout))
    assert_gradients(gradients_of_layer(student, student.Affine, (W, b), x, dout), expected, what="the gradient of Affine")


@pytest.mark.question("Q4", points=1.5)
def test_affine_of_images_with_channels(student):
    """Affine flattens 4-D input image by image, and its backward returns dx in the 4-D shape."""
    random = np.random.default_rng(24)
    x, W, b, dout = (random.normal(size=shape) for shape in ((2, 3, 2, 4), (24, 5), (5,), (2, 5)))
    inputs = tensors(x=x, W=W, b=b)
    expected = torch.tensordot(inputs["x"], inputs["W"].reshape(3, 2, 4, 5), dims=3) + inputs["b"]
    assert_close(
        forward_of(student, student.Affine, (W, b), x), expected.numpy(), what="Affine(W, b).forward(x) for x (2, 3, 2, 4)"
    )
    slopes = autograd_gradients(lambda x, W, b: x.flatten(1) @ W + b, inputs, cotangent=torch.from_numpy(dout))
    found = gradients_of_layer(student, student.Affine, (W, b), x, dout)
    assert_gradients(found, slopes, what="the gradient of Affine for x (2, 3, 2, 4)")


@probe
def loss_of(layer, x, t):
    """The loss of a new SoftmaxWithLoss."""
    return layer().forward(x, t)


@pytest.mark.question("Q4", points=1)
def test_loss_of_one_hot_labels(student):
    """SoftmaxWithLoss.forward is the mean cross-entropy of scores and one-hot labels."""
    x = np.random.default_rng(8).normal(size=(4, 3))
    t = np.eye(3)[[0, 2, 1, 2]]
    expected = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(t)).item()
    what = "SoftmaxWithLoss().forward(x, t)"
    assert_close(loss_of(student, student.SoftmaxWithLoss, x, t), expected, rtol=1e-5, atol=1e-5, what=what)


@pytest.mark.question("Q4", points=1)
def test_loss_of_class_numbers(student):
    """SoftmaxWithLoss takes class numbers of any integer type as well."""
    x, t, _ = scores_and_labels(15)
    expected = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(t.astype(np.int64))).item()
    for dtype in (np.uint8, np.int64):
        loss = loss_of(student, student.SoftmaxWithLoss, x, t.astype(dtype))
        assert_close(loss, expected, rtol=1e-5, atol=1e-5, what=f"the loss for class numbers of type {dtype.__name__}")


@pytest.mark.question("Q4", points=1.5)
def test_score_gradient_for_one_hot_labels(student):
    """SoftmaxWithLoss.backward is (softmax(x) - t) / N for one-hot labels."""
    x, _, t = scores_and_labels(16)
    expected = (torch.from_numpy(x).softmax(1).numpy() - t) / 6
    assert_gradients(score_gradient_of(student, student.SoftmaxWithLoss, x, t, None), expected, what="SoftmaxWithLoss().backward()")


@probe
def score_gradient_of(layer, x, t, dout):
    """Forward and backward of a new SoftmaxWithLoss; a `dout` of None is left out."""
    made = layer()
    made.forward(x, t)
    return made.backward() if dout is None else made.backward(dout)


def scores_and_labels(seed):
    """Scores (6, 4), labels as unsigned bytes (as MNIST has them), and the same one-hot."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, 4, size=6)
    return random.normal(size=(6, 4)), classes.astype(np.uint8), np.eye(4)[classes]


@pytest.mark.question("Q4", points=0.5)
def test_score_gradient_is_multiplied(student):
    """SoftmaxWithLoss.backward(dout) is dout times the gradient."""
    x, _, t = scores_and_labels(18)
    expected = 3.0 * (torch.from_numpy(x).softmax(1).numpy() - t) / 6
    gradient = score_gradient_of(student, student.SoftmaxWithLoss, x, t, 3.0)
    assert_gradients(gradient, expected, what="SoftmaxWithLoss().backward(3.0)")


@probe(returns={"loss": object, "x": object, "t": object})
def scores_and_labels_after(layer, x, t):
    """The loss by a new SoftmaxWithLoss, and what forward and backward made of their arguments."""
    made = layer()
    loss = made.forward(x, t)
    made.backward()
    return {"loss": loss, "x": x, "t": t}


@pytest.mark.question("Q4", points=0.5)
def test_softmax_with_loss_leaves_its_arguments(student):
    """SoftmaxWithLoss changes neither the scores nor the labels."""
    x, _, t = scores_and_labels(19)
    expected = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(t)).item()
    after = scores_and_labels_after(student, student.SoftmaxWithLoss, x, t)
    assert_close(after["loss"], expected, rtol=1e-5, atol=1e-5, what="the loss")
    assert_close(after["x"], x, rtol=0, atol=0, what="x after forward and backward")
    assert_close(after["t"], t, rtol=0, atol=0, what="t after forward and backward")


@pytest.mark.question("Q4", points=1)
def test_loss_of_large_scores(student):
    """In SoftmaxWithLoss scores of 10,000 overflow nothing: a right and certain answer costs 0, and its gradient is 0."""
    x = np.array([[1e4, 0.0, -1e4], [-1e4, 1e4, 0.0], [3.0, -1e4, 1e4], [-1e4, -2e4, -3e4]])
    t = np.array([0, 1, 2, 0])
    assert_close(loss_of(student, student.SoftmaxWithLoss, x, t), 0.0, atol=1e-5, what="the loss")
    gradient = score_gradient_of(student, student.SoftmaxWithLoss, x, t, None)
    assert_gradients(gradient, np.zeros((4, 3)), rtol=0, atol=1e-5, what="SoftmaxWithLoss().backward()")


# --- Q5, Q6, Q7: networks ---------------------------------------------------------------------------------------------------------


@probe(returns=dict)
def parameter_shapes(network):
    """Name -> shape of everything in a new network's `params`."""
    return {name: np.shape(value) for name, value in network().params.items()}


@probe
def scores_of(network, x):
    """The scores of a new network."""
    return network().predict(x)


@probe(returns=(object, object))
def both_gradients(network, options, params, x, t):
    """The gradient of a new network with these parameters, by backpropagation and numerically."""
    net = network(**options)
    for name, value in params.items():
        if net.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {net.params[name].shape}, where {value.shape} is meant")
        net.params[name][...] = value
    return net.gradient(x, t), net.numerical_gradient(x, t)


def assert_parameter_shapes(shapes, expected, total, what):
    """The names and shapes, and with them the count that the handout states."""
    assert_equal(shapes, expected, what=f"the shapes in {what}.params")
    assert_equal(sum(int(np.prod(shape)) for shape in shapes.values()), total, what=f"the number of parameters of {what}")


@pytest.mark.question("Q5", points=2)
def test_simple_parameters(student):
    """SimpleConvNet() has 433,890 parameters: W1 (30, 1, 5, 5), W2 (4320, 100), W3 (100, 10) and their biases."""
    expected = {"W1": (30, 1, 5, 5), "b1": (30,), "W2": (4320, 100), "b2": (100,), "W3": (100, 10), "b3": (10,)}
    assert_parameter_shapes(parameter_shapes(student, student.SimpleConvNet), expected, 433_890, "SimpleConvNet()")


@pytest.mark.question("Q5", points=1)
def test_simple_scores_shape(student):
    """SimpleConvNet().predict gives ten scores an image, for one image and for several."""
    x = np.random.default_rng(9).uniform(size=(3, 1, 28, 28))
    for images in (1, 3):
        assert_shape(scores_of(student, student.SimpleConvNet, x[:images]), (images, 10), what=f"predict(x) for {images} images")


@pytest.mark.question("Q5", points=1)
def test_simple_gradient_equals_numerical_gradient(student):
    """SimpleConvNet.numerical_gradient is right to 1e-6, and gradient agrees with it to 1e-6."""
    random = np.random.default_rng(10)
    shapes = {"W1": (2, 1, 3, 3), "b1": (2,), "W2": (18, 4), "b2": (4,), "W3": (4, 3), "b3": (3,)}
    params = {name: random.normal(0.0, 0.5, shape) for name, shape in shapes.items()}
    x, t = random.uniform(size=(3, 1, 8, 8)), np.array([0, 2, 1])
    conv_param = {"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1}
    options = {"input_dim": (1, 8, 8), "conv_param": conv_param, "hidden_size": 4, "output_size": 3}

    def loss(W1, b1, W2, b2, W3, b3):
        pooled = F.max_pool2d(F.relu(F.conv2d(torch.from_numpy(x), W1, b1)), 2)
        return F.cross_entropy(F.relu(pooled.flatten(1) @ W2 + b2) @ W3 + b3, torch.from_numpy(t))

    backpropagated, numerical = both_gradients(student, student.SimpleConvNet, options, params, x, t)
    expected = autograd_gradients(loss, tensors(**params))
    assert_gradients(numerical, expected, rtol=0, atol=1e-6, what="numerical_gradient(x, t)")
    assert_gradients(backpropagated, numerical, rtol=0, atol=1e-6, what="gradient(x, t) against numerical_gradient(x, t)")


@probe(returns=dict)
def starting_values(network, options):
    """Copies of a new network's parameters."""
    return {name: np.array(value) for name, value in network(**options).params.items()}


def assert_starts_normal(values, name, std):
    """Mean 0 and deviation `std`, within five standard errors of what so many draws give."""
    count = values.size
    mean, spread = float(values.mean()), float(values.std())
    message = f"expected {name} drawn with deviation {std:.4g}, found {spread:.4g}"
    assert_that(abs(spread / std - 1) < 5 / np.sqrt(2 * count), message, evidence=spread)
    assert_that(abs(mean) < 5 * std / np.sqrt(count), f"expected {name} drawn around 0, found a mean of {mean:.4g}", evidence=mean)


@pytest.mark.question("Q5", points=1)
def test_simple_initial_values(student):
    """SimpleConvNet draws weights with mean 0 and deviation weight_init_std; its biases start at 0."""
    start = starting_values(student, student.SimpleConvNet, {"weight_init_std": 0.05})
    for name, shape in {"W1": (30, 1, 5, 5), "W2": (4320, 100), "W3": (100, 10)}.items():
        assert_shape(start.get(name), shape, what=f'params["{name}"]')
        assert_starts_normal(np.asarray(start[name]), name, 0.05)
    for name, count in {"b1": 30, "b2": 100, "b3": 10}.items():
        assert_close(start.get(name), np.zeros(count), rtol=0, atol=0, what=f'params["{name}"]')


@probe
def answer(network, options, params, method, arguments, settings):
    """What a method of a new network answers, whose parameters are first set in place, as an optimizer does."""
    net = network(**options)
    for name, value in params.items():
        if net.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {net.params[name].shape}, where {value.shape} is meant")
        net.params[name][...] = value
    return getattr(net, method)(*arguments, **settings)


SMALL = {
    "input_dim": (2, 8, 8),
    "conv_param": {"filter_num": 3, "filter_size": 3, "pad": 0, "stride": 1},
    "hidden_size": 6,
    "output_size": 4,
}


def draw(shapes, seed, scale=0.4):
    random = np.random.default_rng(seed)
    return {name: random.normal(0.0, scale, size=shape) for name, shape in shapes.items()}


def images_and_labels(shape, classes, seed):
    random = np.random.default_rng(seed)
    return random.uniform(size=shape), random.integers(0, classes, size=shape[0])


SMALL_SHAPES = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (27, 6), "b2": (6,), "W3": (6, 4), "b3": (4,)}


def simple_scores(x, W1, b1, W2, b2, W3, b3, stride=1, pad=0):
    pooled = F.max_pool2d(F.relu(F.conv2d(x, W1, b1, stride=stride, padding=pad)), 2)
    return F.relu(pooled.flatten(1) @ W2 + b2) @ W3 + b3


def predicted_half_right(seed):
    """Parameters, 23 images, and labels that are right for 15 of them, the first and the last three among these."""
    params = draw(SMALL_SHAPES, seed=seed, scale=1.0)
    x, _ = images_and_labels((23, 2, 8, 8), 4, seed=seed)
    t = simple_scores(torch.from_numpy(x), **tensors(**params)).argmax(1).numpy()
    t[1:9] = (t[1:9] + 1) % 4
    return params, x, t


@pytest.mark.question("Q5", points=2)
def test_simple_accuracy_counts_the_last_batch(student):
    """SimpleConvNet.accuracy counts the images of a last batch that is smaller than the others."""
    params, x, t = predicted_half_right(seed=28)
    for batch_size in (10, 11, 100):  # the last batch: 3 images, 1, or all
        result = answer(student, student.SimpleConvNet, SMALL, params, "accuracy", (x, t), {"batch_size": batch_size})
        assert_close(
            result, 15 / 23, rtol=1e-9, atol=1e-9, what=f"accuracy of 23 images, 15 of them right, batch_size={batch_size}"
        )


@pytest.mark.question("Q5", points=1)
def test_simple_accuracy_of_one_hot_labels(student):
    """SimpleConvNet.accuracy takes one-hot labels as well."""
    params, x, t = predicted_half_right(seed=29)
    result = answer(student, student.SimpleConvNet, SMALL, params, "accuracy", (x, np.eye(4)[t]), {"batch_size": 23})
    assert_close(result, 15 / 23, rtol=1e-9, atol=1e-9, what="accuracy of 23 images, 15 of them right, labels one-hot")


@probe(returns={"params": dict, "scores": object})
def saved_and_loaded(network, options, params, x):
    """Save one network and load it into another: the second one's parameters, and its scores."""
    first, second = network(**options), network(**options)
    for name, value in params.items():
        if first.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {first.params[name].shape}, where {value.shape} is meant")
        first.params[name][...] = value
    first.save_params("numbers.of_my_net")
    second.load_params("numbers.of_my_net")
    return {"params": dict(second.params), "scores": second.predict(x)}


@pytest.mark.question("Q5", points=1)
def test_simple_load_brings_the_parameters_back(student):
    """load_params gives another network every parameter that save_params wrote."""
    params = draw(SMALL_SHAPES, seed=34)
    x, _ = images_and_labels((3, 2, 8, 8), 4, seed=35)
    after = saved_and_loaded(student, student.SimpleConvNet, SMALL, params, x)["params"]
    for name, value in params.items():
        assert_close(after.get(name), value, rtol=0, atol=0, what=f'params["{name}"] after load_params')


@pytest.mark.question("Q5", points=2)
def test_simple_computes_with_loaded_parameters(student):
    """After load_params the layers compute with what was loaded: the scores are those of the saved network."""
    params = draw(SMALL_SHAPES, seed=36)
    x, _ = images_and_labels((3, 2, 8, 8), 4, seed=37)
    expected = simple_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    after = saved_and_loaded(student, student.SimpleConvNet, SMALL, params, x)["scores"]
    assert_close(after, expected, what="predict(x) after load_params")


@probe(returns={"names": [[str]], "params": dict})
def parameters_after(network, options, params, x, t):
    """A new network's parameters, set, after `gradient` and `numerical_gradient`; and the names in what these returned."""
    net = network(**options)
    for name, value in params.items():
        if net.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {net.params[name].shape}, where {value.shape} is meant")
        net.params[name][...] = value
    answers = net.gradient(x, t), net.numerical_gradient(x, t)
    return {"names": [sorted(map(str, gradient)) for gradient in answers], "params": dict(net.params)}


@pytest.mark.question("Q5", points=0.5)
def test_simple_gradients_leave_the_parameters(student):
    """gradient and numerical_gradient leave the parameters as they found them."""
    options = SMALL | {
        "input_dim": (1, 6, 6),
        "conv_param": {"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1},
        "hidden_size": 3,
    }
    shapes = {"W1": (2, 1, 3, 3), "b1": (2,), "W2": (8, 3), "b2": (3,), "W3": (3, 4), "b3": (4,)}
    params = draw(shapes, seed=32)
    x, t = images_and_labels((2, 1, 6, 6), 4, seed=33)
    after = parameters_after(student, student.SimpleConvNet, options, params, x, t)
    assert_equal(after["names"], [sorted(params)] * 2, what="the names in gradient(x, t) and numerical_gradient(x, t)")
    for name, value in params.items():
        assert_close(
            after["params"].get(name), value, rtol=0, atol=1e-9, what=f'params["{name}"] after gradient and numerical_gradient'
        )


@pytest.mark.question("Q5", points=1)
def test_simple_images_that_are_not_square(student):
    """SimpleConvNet works with images that are not square."""
    options = SMALL | {"input_dim": (2, 6, 11)}
    params = draw(SMALL_SHAPES | {"W2": (3 * 2 * 4, 6)}, seed=24)
    x, _ = images_and_labels((3, 2, 6, 11), 4, seed=25)
    expected = simple_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    result = answer(student, student.SimpleConvNet, options, params, "predict", (x,), {})
    assert_close(result, expected, what="predict(x) for 6x11 images")


@pytest.mark.question("Q5", points=1)
def test_simple_with_stride_and_pad(student):
    """SimpleConvNet heeds stride and pad of conv_param, also where pooling leaves a row and a column out."""
    options = SMALL | {"input_dim": (2, 9, 9), "conv_param": {"filter_num": 3, "filter_size": 3, "pad": 1, "stride": 2}}
    params = draw(SMALL_SHAPES | {"W2": (3 * 2 * 2, 6)}, seed=22)  # 9 -> 5 -> 2
    x, _ = images_and_labels((3, 2, 9, 9), 4, seed=23)
    expected = simple_scores(torch.from_numpy(x), **tensors(**params), stride=2, pad=1).numpy()
    result = answer(student, student.SimpleConvNet, options, params, "predict", (x,), {})
    assert_close(result, expected, what="predict(x) for 9x9 images, stride 2 and pad 1")


@pytest.mark.question("Q6", points=2)
def test_one_conv_parameters(student):
    """OneConvNet() has 43,990 parameters: W1 (30, 1, 5, 5), W2 (4320, 10) and their biases."""
    expected = {"W1": (30, 1, 5, 5), "b1": (30,), "W2": (4320, 10), "b2": (10,)}
    assert_parameter_shapes(parameter_shapes(student, student.OneConvNet), expected, 43_990, "OneConvNet()")


def one_conv_scores(x, W1, b1, W2, b2, stride=1, pad=0):
    return F.max_pool2d(F.relu(F.conv2d(x, W1, b1, stride=stride, padding=pad)), 2).flatten(1) @ W2 + b2


ONE_SHAPES = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (27, 4), "b2": (4,)}


ONE = {name: value for name, value in SMALL.items() if name != "hidden_size"}


@pytest.mark.question("Q6", points=1.5)
def test_one_conv_with_given_parameters(student):
    """OneConvNet.predict gives the scores of conv - ReLU - pool - affine."""
    params = draw(ONE_SHAPES, seed=40)
    x, _ = images_and_labels((5, 2, 8, 8), 4, seed=41)
    expected = one_conv_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.OneConvNet, ONE, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q7", points=1.5)
def test_lenet_parameters(student):
    """LeNet() has 61,706 parameters: two convolutions, affine layers of 120, 84 and 10, and their biases."""
    expected = {
        "W1": (6, 1, 5, 5), "b1": (6,), "W2": (16, 6, 5, 5), "b2": (16,),
        "W3": (400, 120), "b3": (120,), "W4": (120, 84), "b4": (84,), "W5": (84, 10), "b5": (10,),
    }  # fmt: skip
    assert_parameter_shapes(parameter_shapes(student, student.LeNet), expected, 61_706, "LeNet()")


@probe(returns=[str])
def layer_names(network):
    """The type of each layer of a new network, in order."""
    layers = network().layers
    return [type(layer).__name__ for layer in (layers.values() if hasattr(layers, "values") else layers)]


@pytest.mark.question("Q7", points=1)
def test_lenet_layers(student):
    """LeNet is made of two Convolution, two Pooling and three Affine layers."""
    found = layer_names(student, student.LeNet)
    for name, count in {"Convolution": 2, "Pooling": 2, "Affine": 3}.items():
        assert_equal(found.count(name), count, what=f"the number of {name} layers of LeNet()")


def lenet_scores(x, W1, b1, W2, b2, W3, b3, W4, b4, W5, b5):
    h = F.max_pool2d(F.relu(F.conv2d(x, W1, b1, padding=2)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, W2, b2)), 2).flatten(1)
    return F.relu(F.relu(h @ W3 + b3) @ W4 + b4) @ W5 + b5


LENET_SHAPES = {
    "W1": (6, 1, 5, 5), "b1": (6,), "W2": (16, 6, 5, 5), "b2": (16,),
    "W3": (400, 120), "b3": (120,), "W4": (120, 84), "b4": (84,), "W5": (84, 10), "b5": (10,),
}  # fmt: skip


@pytest.mark.question("Q7", points=1.5)
def test_lenet_scores(student):
    """LeNet.predict gives the scores of its two convolutions, two poolings and three affine layers, ReLU between them."""
    params = draw(LENET_SHAPES, seed=50, scale=0.1)
    x, _ = images_and_labels((3, 1, 28, 28), 10, seed=51)
    expected = lenet_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.LeNet, {}, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q7", points=0.5)
def test_lenet_initial_values(student):
    """LeNet draws its weights with deviation sqrt(2 / fan-in)."""
    start = starting_values(student, student.LeNet, {})
    for name, fan_in in {"W1": 25, "W2": 150, "W3": 400, "W4": 120, "W5": 84}.items():
        assert_shape(start.get(name), LENET_SHAPES[name], what=f'params["{name}"]')
        assert_starts_normal(np.asarray(start[name]), name, np.sqrt(2 / fan_in))


# --- Q8 ---------------------------------------------------------------------------------------------------------------------------


@probe(
    returns={"batches": [[(int, int)]], "params": dict, "losses": [float], "train accuracies": [float], "test accuracies": [float]}
)
def train_a_line(Trainer, x, t, x_test, t_test, options, seed):
    """Train a softmax regression with the student's Trainer, and tell what the Trainer asked of it.

    The first column of x is the sample's number; the network does not look at it. `accuracy` answers with a fingerprint: the mean
    number of the samples that it was given, plus 10,000 times the gradients computed so far, plus 1,000,000 for each label too many.
    """

    class Line:
        def __init__(self):
            self.params = {"W": np.zeros((2, 2)), "b": np.zeros(2)}
            self.batches = []

        def probabilities(self, x):
            e = np.exp(x[:, 1:] @ self.params["W"] + self.params["b"])
            return e / e.sum(axis=1, keepdims=True)

        def loss(self, x, t):
            return float(-np.log(self.probabilities(x)[np.arange(len(x)), t]).mean())

        def accuracy(self, x, t, batch_size=100):
            labels_too_many = len(t) - len(x)
            return float(x[:, 0].mean() + 10_000 * len(self.batches) + 1_000_000 * labels_too_many)

        def gradient(self, x, t):
            self.batches.append([(int(number), int(label)) for number, label in zip(x[:, 0], t, strict=True)])
            d = (self.probabilities(x) - np.eye(2)[t]) / len(x)
            return {"W": x[:, 1:].T @ d, "b": d.sum(axis=0)}

    np.random.seed(seed)
    network = Line()
    trainer = Trainer(network, x, t, x_test, t_test, **options)
    trainer.train()
    return {
        "batches": network.batches,
        "params": dict(network.params),
        "losses": [float(value) for value in trainer.train_loss_list],
        "train accuracies": [float(value) for value in trainer.train_acc_list],
        "test accuracies": [float(value) for value in trainer.test_acc_list],
    }


def numbered_points(count, seed, first=0):
    random = np.random.default_rng(seed)
    x = np.concatenate([np.arange(first, first + count)[:, None], random.normal(size=(count, 2))], axis=1)
    return x, (x[:, 1] > x[:, 2]).astype(np.int64)


def run_trainer(student, options, *, samples=23, seed=0):
    x, t = numbered_points(samples, seed=60)
    x_test, t_test = numbered_points(17, seed=61, first=1000)
    return x, t, train_a_line(student, student.Trainer, x, t, x_test, t_test, options, seed)


@pytest.mark.question("Q8", points=1)
def test_trainer_list_lengths(student):
    """Trainer keeps one loss a mini-batch, the smaller last one included, and one accuracy an epoch."""
    _, _, run = run_trainer(student, {"epochs": 3, "mini_batch_size": 20}, samples=50)
    found = {kind: len(run[kind]) for kind in ("losses", "train accuracies", "test accuracies")}
    expected = {"losses": 3 * 3, "train accuracies": 3, "test accuracies": 3}
    assert_equal(found, expected, what="the lengths for 50 samples, 3 epochs, mini-batches of 20")


@pytest.mark.question("Q8", points=0.5)
def test_trainer_loss_falls(student):
    """The loss falls while Trainer trains."""
    options = {"epochs": 5, "mini_batch_size": 10, "optimizer": "SGD", "optimizer_param": {"lr": 0.5}}
    losses = run_trainer(student, options, samples=50)[2]["losses"]
    assert_that(len(losses) > 1, f"expected one loss a mini-batch in train_loss_list, found {len(losses)} in all")
    half = len(losses) // 2
    before, after = float(np.mean(losses[:half])), float(np.mean(losses[half:]))
    message = f"expected the second half of the losses lower than the first, found a mean of {after:.4f} after {before:.4f}"
    assert_that(after < before, message, evidence=losses)


@pytest.mark.question("Q8", points=1)
def test_trainer_uses_every_sample_once(student):
    """Each epoch of Trainer steps once with every sample, and each with its own label."""
    _, t, run = run_trainer(student, {"epochs": 2, "mini_batch_size": 11})  # the last batch is a single sample
    seen = [pair for batch in run["batches"] for pair in batch]
    expected = [(number, int(label)) for number, label in enumerate(t)]
    assert_equal(len(seen), 2 * 23, what="the number of samples in two epochs of 23")
    for epoch in (0, 1):
        assert_equal(
            sorted(seen[epoch * 23 : epoch * 23 + 23]), expected, what=f"the (number, label) pairs of epoch {epoch + 1}, sorted"
        )


@pytest.mark.question("Q8", points=0.5)
def test_trainer_shuffles_every_epoch(student):
    """Trainer takes the samples in a new random order in each epoch."""
    _, _, run = run_trainer(student, {"epochs": 2, "mini_batch_size": 5})
    order = [number for batch in run["batches"] for number, _ in batch]
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    assert_that(
        len(order) > 2 and first != sorted(first), "expected the first epoch in random order, found the samples in the order given"
    )
    assert_that(first != second, "expected the second epoch in another order than the first, found the same")


@pytest.mark.question("Q8", points=0.5)
def test_trainer_repeats_with_a_seed(student):
    """Two runs of Trainer after the same np.random.seed give the same losses."""
    options = {"epochs": 4, "mini_batch_size": 4, "optimizer": "SGD", "optimizer_param": {"lr": 0.5}}
    first, second = (run_trainer(student, options, seed=7)[2]["losses"] for _ in range(2))
    assert_that(len(set(first)) > 2, f"expected losses that change from step to step, found {first}")
    assert_equal(second, first, what="train_loss_list of the second run")


def softmax_regression_gradient(w, x, t):
    """At w (3, 2): two rows of weights, one of biases."""
    w = w.clone().requires_grad_()
    F.cross_entropy(x @ w[:2] + w[2], t).backward()
    return w.grad


def sgd_steps(x, t, steps, lr, momentum=0.0):
    w, v = torch.zeros(3, 2, dtype=torch.float64), torch.zeros(3, 2, dtype=torch.float64)
    for _ in range(steps):
        v = momentum * v - lr * softmax_regression_gradient(w, x, t)
        w = w + v
    return w


def adam_steps(x, t, steps, lr):
    w, m, v = (torch.zeros(3, 2, dtype=torch.float64) for _ in range(3))
    for step in range(1, steps + 1):
        g = softmax_regression_gradient(w, x, t)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return w


@pytest.mark.question("Q8", points=1)
def test_trainer_obeys_the_optimizer_settings(student):
    """Trainer takes its steps with the optimizer and the settings that were asked for."""
    asked = (
        ({"optimizer": "SGD", "optimizer_param": {"lr": 0.3}}, sgd_steps, {"lr": 0.3}),
        ({"optimizer": "Momentum", "optimizer_param": {"lr": 0.1, "momentum": 0.5}}, sgd_steps, {"lr": 0.1, "momentum": 0.5}),
        ({"optimizer": "Adam", "optimizer_param": {"lr": 0.05}}, adam_steps, {"lr": 0.05}),
        ({}, adam_steps, {"lr": 0.001}),
    )
    for options, take_steps, settings in asked:
        x, t, run = run_trainer(student, {"epochs": 4, "mini_batch_size": 23, **options})
        expected = take_steps(torch.from_numpy(x[:, 1:]), torch.from_numpy(t), 4, **settings).numpy()
        what = f"after 4 full-batch steps with {options or 'the defaults'}"
        assert_close(run["params"].get("W"), expected[:2], rtol=1e-6, atol=1e-9, what=f'params["W"] {what}')
        assert_close(run["params"].get("b"), expected[2], rtol=1e-6, atol=1e-9, what=f'params["b"] {what}')


@pytest.mark.question("Q8", points=0.5)
def test_trainer_measures_accuracy_after_each_epoch(student):
    """Trainer measures accuracy after each epoch, on the first evaluate_sample_num_per_epoch samples, or on all for None."""
    for evaluated, last_train, last_test in ((10, 9, 1009), (None, 22, 1016)):
        options = {"epochs": 3, "mini_batch_size": 5, "evaluate_sample_num_per_epoch": evaluated}
        _, _, run = run_trainer(student, options)
        for kind, middle in (("train accuracies", last_train / 2), ("test accuracies", (1000 + last_test) / 2)):
            # The network's answer: the mean number of the samples it was given, plus 10,000 for each step so far.
            expected = [middle + 10_000 * steps for steps in (5, 10, 15)]
            what = f"what network.accuracy answered for the {kind}, evaluate_sample_num_per_epoch={evaluated}"
            assert_close(run[kind], expected, rtol=1e-12, what=what)


# --- Q6t, Q7t, Q8t: training ------------------------------------------------------------------------------------------------------


def by_adam(data, make):
    """Runs where your code runs: your network, its gradient, and Adam with learning rate 0.001."""
    net = make()
    data.networks = {"net": data.of_arrays(net.predict)}
    mean, square, steps = {}, {}, 0
    for _ in range(data.epochs):
        for images, labels in data.loader:
            steps += 1
            if steps % 10 == 1:
                data.tell(net.predict(images.numpy()), labels.numpy())  # for the loss curve
            for name, gradient in net.gradient(images.numpy(), labels.numpy()).items():
                mean[name] = 0.9 * mean.get(name, 0.0) + 0.1 * gradient
                square[name] = 0.999 * square.get(name, 0.0) + 0.001 * gradient**2
                step = mean[name] / (1 - 0.9**steps) / (np.sqrt(square[name] / (1 - 0.999**steps)) + 1e-7)
                net.params[name] -= 0.001 * step


@probe(returns=[dict])
def gradients_in_turn(network, batches):
    """What `gradient` of one new network gives for each batch."""
    net = network()
    return [{name: np.array(value) for name, value in net.gradient(x, t).items()} for x, t in batches]


def assert_each_gradient_is_its_batchs_own(student, network, name):
    """The first batch's gradient is the same once more after another batch: an optimizer takes a step after each."""
    first, second = (images_and_labels((3, 1, 28, 28), 10, seed=seed) for seed in (61, 62))
    found = gradients_in_turn(student, network, [first, second, first])
    assert_equal(len(found), 3, what=f"the count of gradients of {name}()")
    hint = "Does gradient keep something of the calls before?"
    assert_equal(sorted(found[2]), sorted(found[0]), what=f"the names in what gradient of {name}() returns")
    for parameter, value in found[0].items():
        what = f"the gradient of {parameter} by {name}() for a batch that comes a second time"
        assert_close(found[2][parameter], value, rtol=1e-7, atol=1e-12, what=what, hint=hint)


@pytest.mark.question("Q6t", points=1)
def test_one_conv_gradient_is_the_batchs_own(student):
    """OneConvNet.gradient is the gradient of the batch that it is given, whatever batches came before."""
    assert_each_gradient_is_its_batchs_own(student, student.OneConvNet, "OneConvNet")


@pytest.mark.question("Q6t", points=3)
@pytest.mark.training("one")
def test_one_conv_net_learns(student, training):
    """Trained for two epochs on 5,000 images of MNIST, your OneConvNet recognises most digits."""
    training.own_loop(by_adam, student.OneConvNet)
    training.demand("net")


@pytest.mark.question("Q7t", points=1)
def test_lenet_gradient_is_the_batchs_own(student):
    """LeNet.gradient is the gradient of the batch that it is given, whatever batches came before."""
    assert_each_gradient_is_its_batchs_own(student, student.LeNet, "LeNet")


@pytest.mark.question("Q7t", points=3)
@pytest.mark.training("lenet")
def test_lenet_learns(student, training):
    """Trained for three epochs on 5,000 images of MNIST, your LeNet recognises most digits."""
    training.own_loop(by_adam, student.LeNet)
    training.demand("net")


def by_trainer(data, make, trainer):
    """Your Trainer with your network; each gradient is one step."""
    net = make()
    gradient, steps = net.gradient, []

    def counted(x, t):
        data.step()
        steps.append(len(t))
        if len(steps) % 10 == 1:
            data.tell(net.predict(x), t)  # for the loss curve
        return gradient(x, t)

    net.gradient = counted
    data.networks = {"net": data.of_arrays(net.predict)}
    trainer(net, *data.arrays(), *data.arrays(held_out=True), epochs=data.epochs, mini_batch_size=data.batch).train()


@pytest.mark.question("Q8t", points=3)
@pytest.mark.training("trainer")
def test_trainer_trains_simple_conv_net(student, training):
    """Trained by your Trainer for two epochs on 5,000 images of MNIST, your SimpleConvNet recognises most digits."""
    training.own_loop(by_trainer, student.SimpleConvNet, student.Trainer)
    training.demand("net")
