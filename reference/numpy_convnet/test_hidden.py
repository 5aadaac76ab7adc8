"""Hidden checks of numpy_convnet: strides, pads, sides that differ, borders, ties; networks of given parameters against torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from grader import (
    assert_close,
    assert_equal,
    assert_gradients,
    assert_shape,
    assert_that,
    assert_unchanged,
    autograd_gradients,
    finite_differences,
    probe,
)

# input (N, C, H, W), filter side h and w, stride, pad: sides that differ, and every stride with every pad
GEOMETRIES = (
    ((2, 3, 5, 7), (3, 2), 1, 0),
    ((2, 1, 6, 5), (2, 3), 1, 1),
    ((1, 2, 4, 6), (3, 3), 1, 2),
    ((2, 3, 7, 5), (3, 1), 2, 0),
    ((3, 2, 6, 9), (2, 3), 2, 1),
    ((2, 2, 5, 8), (3, 4), 2, 2),
    ((2, 2, 3, 4), (2, 3), 1, 0),  # 2 x 2 pixels come out
)


def tensors(**arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def patches_as_rows(x, window, stride, pad):
    """im2col by torch's unfold, (N, C FH FW, OH OW) -> (N OH OW, C FH FW)."""
    columns = F.unfold(torch.from_numpy(x), window, stride=stride, padding=pad)
    return columns.transpose(1, 2).reshape(-1, columns.shape[1]).numpy()


# --- Q1 ---------------------------------------------------------------------------------------------------------------------------


@st.composite
def geometries(draw):
    window = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    sides = draw(st.tuples(st.integers(3, 6), st.integers(3, 6)))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *sides)
    return shape, window, draw(st.integers(1, 3)), draw(st.integers(0, 3))


@pytest.mark.question("Q1", points=2.5)
@given(geometry=geometries())
def test_im2col_values(student, geometry):
    """im2col agrees with torch's unfold for any filter, stride and pad."""
    shape, window, stride, pad = geometry
    x = np.random.default_rng(1).normal(size=shape)
    what = f"im2col(x, {window[0]}, {window[1]}, stride={stride}, pad={pad}) for x of shape {shape}"
    assert_close(student.im2col(x, *window, stride=stride, pad=pad), patches_as_rows(x, window, stride, pad), what=what)


@pytest.mark.question("Q1", points=2.5)
@given(geometry=geometries())
def test_col2im_values(student, geometry):
    """col2im agrees with torch's fold for any filter, stride and pad."""
    shape, window, stride, pad = geometry
    n, c, h, w = shape
    places = [1 + (side + 2 * pad - f) // stride for side, f in zip((h, w), window, strict=True)]
    col = np.random.default_rng(2).normal(size=(n * places[0] * places[1], c * window[0] * window[1]))
    columns = torch.from_numpy(col).reshape(n, -1, col.shape[1]).transpose(1, 2)
    expected = F.fold(columns, (h, w), window, stride=stride, padding=pad).numpy()
    what = f"col2im(col, {shape}, {window[0]}, {window[1]}, stride={stride}, pad={pad})"
    assert_close(student.col2im(col, shape, *window, stride=stride, pad=pad), expected, what=what)


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
def forward_of(layer, arguments, options, x):
    """The output of a new layer."""
    return layer(*arguments, **options).forward(x)


@probe(returns={"x": object})
def backward_of(layer, arguments, options, x, dout):
    """Forward and backward of a new layer: dx, and dW and db of a layer with weights."""
    made = layer(*arguments, **options)
    made.forward(x)
    gradients = {"x": made.backward(dout)}
    if arguments and not isinstance(arguments[0], int):
        gradients |= {"W": made.dW, "b": made.db}
    return gradients


@probe(returns={"W": object, "b": object})
def second_backward_of(layer, arguments, first, x, dout):
    """Backward on one batch, then on another: the second batch's dW and db."""
    made = layer(*arguments)
    made.forward(first)
    made.backward(dout)
    made.forward(x)
    made.backward(dout)
    return {"W": made.dW, "b": made.db}


@probe(returns={"out": np.ndarray, "dx": np.ndarray, "x": np.ndarray, "dout": np.ndarray})
def arguments_and_answers(layer, x, dout):
    """Forward and backward of a new layer: what they return, and what their arguments are afterwards."""
    made = layer()
    out = np.array(made.forward(x))
    dx = np.array(made.backward(dout))
    return {"out": out, "dx": dx, "x": x, "dout": dout}


@pytest.mark.question("Q2", points=4)
def test_convolution_values(student):
    """Convolution.forward agrees with torch for strides 1 and 2, pads 0 to 2, images and filters that are not square."""
    random = np.random.default_rng(5)
    for shape, window, stride, pad in GEOMETRIES:
        x, W, b = random.normal(size=shape), random.normal(size=(3, shape[1], *window)), random.normal(size=3)
        expected = F.conv2d(*tensors(x=x, W=W, b=b).values(), stride=stride, padding=pad).numpy()
        out = forward_of(student, student.Convolution, (W, b), {"stride": stride, "pad": pad}, x)
        assert_close(out, expected, what=f"Convolution(W, b, stride={stride}, pad={pad}).forward(x) for x {shape}, W {W.shape}")


@pytest.mark.question("Q2", points=4)
def test_convolution_gradients_of_every_geometry(student):
    """Convolution.backward agrees with torch for strides 1 and 2, pads 0 to 2, images and filters that are not square."""
    random = np.random.default_rng(6)
    for shape, window, stride, pad in GEOMETRIES:
        x, W, b = random.normal(size=shape), random.normal(size=(3, shape[1], *window)), random.normal(size=3)
        places = [1 + (side + 2 * pad - f) // stride for side, f in zip(shape[2:], window, strict=True)]
        dout = random.normal(size=(shape[0], 3, *places))

        def oracle(x, W, b, stride=stride, pad=pad):
            return F.conv2d(x, W, b, stride=stride, padding=pad)

        expected = autograd_gradients(oracle, tensors(x=x, W=W, b=b), cotangent=torch.from_numpy(dout))
        gradients = backward_of(student, student.Convolution, (W, b), {"stride": stride, "pad": pad}, x, dout)
        assert_gradients(
            gradients, expected, what=f"the gradient of Convolution(W, b, stride={stride}, pad={pad}) for x {shape}, W {W.shape}"
        )


@pytest.mark.question("Q2", points=1)
def test_convolution_backward_is_the_derivative_of_forward(student):
    """The dx of Convolution agrees with finite differences of its own forward."""
    random = np.random.default_rng(7)
    x, W, b = random.normal(size=(1, 2, 3, 3)), random.normal(size=(2, 2, 2, 2)), random.normal(size=2)
    dout = random.normal(size=(1, 2, 2, 2))

    def weighted_output(x):
        out = forward_of(student, student.Convolution, (W, b), {"stride": 2, "pad": 1}, x)
        assert_shape(out, dout.shape, what="Convolution(W, b, stride=2, pad=1).forward(x)")
        return float((np.asarray(out) * dout).sum())

    numerical = finite_differences(weighted_output, x)
    gradients = backward_of(student, student.Convolution, (W, b), {"stride": 2, "pad": 1}, x, dout)
    assert_gradients(gradients["x"], numerical, rtol=1e-5, atol=1e-6, what="dx against finite differences of forward")


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


@pytest.mark.question("Q3", points=2.5)
def test_pooling_values(student):
    """Pooling.forward agrees with torch for windows that overlap, are not square or leave a rest, negative values included."""
    random = np.random.default_rng(9)
    for shape, window, stride in (
        ((2, 3, 4, 6), (2, 2), 2),
        ((2, 2, 5, 7), (3, 2), 1),
        ((1, 3, 7, 6), (3, 3), 2),
        ((2, 2, 5, 5), (2, 3), 3),
    ):
        x = random.normal(size=shape)
        expected = F.max_pool2d(torch.from_numpy(x), window, stride).numpy()
        out = forward_of(student, student.Pooling, window, {"stride": stride}, x)
        assert_close(out, expected, what=f"Pooling({window[0]}, {window[1]}, stride={stride}).forward(x) for x {shape}")


@pytest.mark.question("Q3", points=1)
def test_pooling_pad(student):
    """`pad` counts twice in the output size of Pooling, and each window sees its padded surroundings."""
    random = np.random.default_rng(10)
    for shape, window, stride in (((2, 3, 4, 6), (2, 2), 2), ((2, 2, 5, 4), (3, 3), 2), ((1, 2, 4, 4), (2, 2), 1)):
        x = random.uniform(0.5, 1.5, size=shape)  # positive, as after a ReLU: zeros around the image do no harm
        expected = F.max_pool2d(torch.from_numpy(x), window, stride, padding=1).numpy()
        out = forward_of(student, student.Pooling, window, {"stride": stride, "pad": 1}, x)
        assert_close(out, expected, what=f"Pooling({window[0]}, {window[1]}, stride={stride}, pad=1).forward(x) for x {shape}")


@pytest.mark.question("Q3", points=0.5)
def test_pooling_pad_never_wins(student):
    """Padding of Pooling counts as minus infinity: it beats no negative value."""
    x = -1.0 - np.random.default_rng(18).random(size=(2, 2, 4, 6))
    expected = F.max_pool2d(torch.from_numpy(x), (2, 2), 2, padding=1).numpy()
    out = forward_of(student, student.Pooling, (2, 2), {"stride": 2, "pad": 1}, x)
    assert_close(out, expected, what="Pooling(2, 2, stride=2, pad=1).forward(x) for negative x")


@pytest.mark.question("Q3", points=2)
def test_pooling_gradients(student):
    """Pooling.backward adds up where windows overlap, and drops what is padding."""
    random = np.random.default_rng(11)
    for shape, window, stride, pad in (((2, 2, 5, 7), (3, 2), 1, 0), ((2, 3, 7, 7), (3, 3), 2, 0), ((2, 2, 4, 6), (2, 2), 1, 1)):
        x = random.uniform(0.5, 1.5, size=shape)
        places = [1 + (side + 2 * pad - f) // stride for side, f in zip(shape[2:], window, strict=True)]
        dout = random.normal(size=(*shape[:2], *places))

        def oracle(x, window=window, stride=stride, pad=pad):
            return F.max_pool2d(x, window, stride, padding=pad)

        expected = autograd_gradients(oracle, tensors(x=x), cotangent=torch.from_numpy(dout))
        gradients = backward_of(student, student.Pooling, window, {"stride": stride, "pad": pad}, x, dout)
        what = f"the gradient of Pooling({window[0]}, {window[1]}, stride={stride}, pad={pad}) for x {shape}"
        assert_gradients(gradients, expected, what=what)


@pytest.mark.question("Q3", points=1)
def test_pooling_ties(student):
    """Where several values of a window are the largest, one of them alone gets the gradient."""
    x = np.repeat(np.arange(1.0, 7.0), 4).reshape(2, 3, 2, 2)  # every 2x2 block is constant
    dout = np.random.default_rng(12).uniform(0.5, 1.5, size=(2, 3, 1, 1))
    dx = backward_of(student, student.Pooling, (2, 2), {}, x, dout)["x"]
    assert_shape(dx, x.shape, what="Pooling(2, 2).backward(dout)")
    blocks = np.sort(np.asarray(dx).reshape(6, 4), axis=1)
    expected = np.concatenate([np.zeros((6, 3)), dout.reshape(6, 1)], axis=1)
    assert_close(blocks, expected, what="the gradients in each block of four equal values, sorted")


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


@pytest.mark.question("Q4", points=2)
def test_affine_of_images(student):
    """Affine flattens 4-D input image by image, and its backward returns dx in the 4-D shape."""
    random = np.random.default_rng(14)
    x, W, b, dout = (random.normal(size=shape) for shape in ((3, 2, 4, 3), (24, 5), (5,), (3, 5)))
    inputs = tensors(x=x, W=W, b=b)
    expected = torch.tensordot(inputs["x"], inputs["W"].reshape(2, 4, 3, 5), dims=3) + inputs["b"]
    out = forward_of(student, student.Affine, (W, b), {}, x)
    assert_close(out, expected.numpy(), what="Affine(W, b).forward(x) for x (3, 2, 4, 3)")
    gradient = autograd_gradients(lambda x, W, b: x.flatten(1) @ W + b, inputs, cotangent=torch.from_numpy(dout))
    assert_gradients(
        backward_of(student, student.Affine, (W, b), {}, x, dout), gradient, what="the gradient of Affine for x (3, 2, 4, 3)"
    )


@probe
def loss_of(layer, x, t):
    """The loss of a new SoftmaxWithLoss."""
    return layer().forward(x, t)


@probe
def score_gradient_of(layer, x, t, dout):
    """Forward and backward of a new SoftmaxWithLoss; a `dout` of None is left out."""
    made = layer()
    made.forward(x, t)
    return made.backward() if dout is None else made.backward(dout)


@probe(returns={"loss": object, "x": object, "t": object})
def scores_and_labels_after(layer, x, t):
    """The loss by a new SoftmaxWithLoss, and what forward and backward made of their arguments."""
    made = layer()
    loss = made.forward(x, t)
    made.backward()
    return {"loss": loss, "x": x, "t": t}


def scores_and_labels(seed):
    """Scores (6, 4), labels as unsigned bytes (as MNIST has them), and the same one-hot."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, 4, size=6)
    return random.normal(size=(6, 4)), classes.astype(np.uint8), np.eye(4)[classes]


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


@pytest.mark.question("Q4", points=1)
def test_score_gradient_for_class_numbers(student):
    """SoftmaxWithLoss.backward gives the same gradient for class numbers."""
    x, t, one_hot = scores_and_labels(17)
    expected = (torch.from_numpy(x).softmax(1).numpy() - one_hot) / 6
    assert_gradients(score_gradient_of(student, student.SoftmaxWithLoss, x, t, None), expected, what="SoftmaxWithLoss().backward()")


@pytest.mark.question("Q4", points=1)
def test_loss_of_large_scores(student):
    """Scores of 1e4 overflow nothing: a right and certain answer costs 0, and its gradient is 0."""
    x = np.array([[1e4, 0.0, -1e4], [-1e4, 1e4, 0.0], [3.0, -1e4, 1e4], [-1e4, -2e4, -3e4]])
    t = np.array([0, 1, 2, 0])
    assert_close(loss_of(student, student.SoftmaxWithLoss, x, t), 0.0, atol=1e-5, what="the loss")
    gradient = score_gradient_of(student, student.SoftmaxWithLoss, x, t, None)
    assert_gradients(gradient, np.zeros((4, 3)), rtol=0, atol=1e-5, what="SoftmaxWithLoss().backward()")


@pytest.mark.question("Q4", points=1)
def test_score_gradient_is_multiplied(student):
    """SoftmaxWithLoss.backward(dout) is dout times the gradient."""
    x, _, t = scores_and_labels(18)
    expected = 3.0 * (torch.from_numpy(x).softmax(1).numpy() - t) / 6
    gradient = score_gradient_of(student, student.SoftmaxWithLoss, x, t, 3.0)
    assert_gradients(gradient, expected, what="SoftmaxWithLoss().backward(3.0)")


@pytest.mark.question("Q4", points=0.5)
def test_softmax_with_loss_leaves_its_arguments(student):
    """SoftmaxWithLoss changes neither the scores nor the labels."""
    x, _, t = scores_and_labels(19)
    expected = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(t)).item()
    after = scores_and_labels_after(student, student.SoftmaxWithLoss, x, t)
    assert_close(after["loss"], expected, rtol=1e-5, atol=1e-5, what="the loss")
    assert_close(after["x"], x, rtol=0, atol=0, what="x after forward and backward")
    assert_close(after["t"], t, rtol=0, atol=0, what="t after forward and backward")


# --- Q5, Q6, Q7: networks ---------------------------------------------------------------------------------------------------------


@probe
def answer(network, options, params, method, arguments, settings):
    """What a method of a new network answers, whose parameters are first set in place, as an optimizer does."""
    net = network(**options)
    for name, value in params.items():
        if net.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {net.params[name].shape}, where {value.shape} is meant")
        net.params[name][...] = value
    return getattr(net, method)(*arguments, **settings)


@probe(returns=dict)
def starting_values(network, options):
    """Copies of a new network's parameters."""
    return {name: np.array(value) for name, value in network(**options).params.items()}


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


@probe(returns=[str])
def layer_names(network):
    """The type of each layer of a new network, in order."""
    layers = network().layers
    return [type(layer).__name__ for layer in (layers.values() if hasattr(layers, "values") else layers)]


def draw(shapes, seed, scale=0.4):
    random = np.random.default_rng(seed)
    return {name: random.normal(0.0, scale, size=shape) for name, shape in shapes.items()}


def images_and_labels(shape, classes, seed):
    random = np.random.default_rng(seed)
    return random.uniform(size=shape), random.integers(0, classes, size=shape[0])


def assert_starts_normal(values, name, std):
    """Mean 0 and deviation `std`, within five standard errors of what so many draws give."""
    count = values.size
    mean, spread = float(values.mean()), float(values.std())
    message = f"expected {name} drawn with deviation {std:.4g}, found {spread:.4g}"
    assert_that(abs(spread / std - 1) < 5 / np.sqrt(2 * count), message, evidence=spread)
    assert_that(abs(mean) < 5 * std / np.sqrt(count), f"expected {name} drawn around 0, found a mean of {mean:.4g}", evidence=mean)


SMALL = {
    "input_dim": (2, 8, 8),
    "conv_param": {"filter_num": 3, "filter_size": 3, "pad": 0, "stride": 1},
    "hidden_size": 6,
    "output_size": 4,
}
SMALL_SHAPES = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (27, 6), "b2": (6,), "W3": (6, 4), "b3": (4,)}


def simple_scores(x, W1, b1, W2, b2, W3, b3, stride=1, pad=0):
    pooled = F.max_pool2d(F.relu(F.conv2d(x, W1, b1, stride=stride, padding=pad)), 2)
    return F.relu(pooled.flatten(1) @ W2 + b2) @ W3 + b3


def one_conv_scores(x, W1, b1, W2, b2, stride=1, pad=0):
    return F.max_pool2d(F.relu(F.conv2d(x, W1, b1, stride=stride, padding=pad)), 2).flatten(1) @ W2 + b2


def lenet_scores(x, W1, b1, W2, b2, W3, b3, W4, b4, W5, b5):
    h = F.max_pool2d(F.relu(F.conv2d(x, W1, b1, padding=2)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, W2, b2)), 2).flatten(1)
    return F.relu(F.relu(h @ W3 + b3) @ W4 + b4) @ W5 + b5


def gradient_by_autograd(scores, params, x, t, **settings):
    def loss(*values):
        return F.cross_entropy(scores(torch.from_numpy(x), *values, **settings), torch.from_numpy(t))

    return autograd_gradients(loss, tensors(**params))


@pytest.mark.question("Q5", points=1.5)
def test_simple_initial_values(student):
    """SimpleConvNet draws weights with mean 0 and deviation weight_init_std; its biases start at 0."""
    start = starting_values(student, student.SimpleConvNet, {"weight_init_std": 0.05})
    for name, shape in {"W1": (30, 1, 5, 5), "W2": (4320, 100), "W3": (100, 10)}.items():
        assert_shape(start.get(name), shape, what=f'params["{name}"]')
        assert_starts_normal(np.asarray(start[name]), name, 0.05)
    for name, count in {"b1": 30, "b2": 100, "b3": 10}.items():
        assert_close(start.get(name), np.zeros(count), rtol=0, atol=0, what=f'params["{name}"]')


@pytest.mark.question("Q5", points=2)
def test_simple_scores(student):
    """SimpleConvNet.predict gives the scores of conv - ReLU - pool - affine - ReLU - affine, without a softmax."""
    params = draw(SMALL_SHAPES, seed=20)
    x, _ = images_and_labels((5, 2, 8, 8), 4, seed=21)
    expected = simple_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.SimpleConvNet, SMALL, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q5", points=1.5)
def test_simple_other_geometry(student):
    """SimpleConvNet works with other image sizes, strides and pads, also where pooling leaves a row out."""
    for side, size, stride, pad, features in ((12, 4, 1, 0, 3 * 4 * 4), (9, 3, 2, 1, 3 * 2 * 2), (8, 5, 1, 2, 3 * 4 * 4)):
        conv_param = {"filter_num": 3, "filter_size": size, "pad": pad, "stride": stride}
        options = SMALL | {"input_dim": (2, side, side), "conv_param": conv_param}
        params = draw(SMALL_SHAPES | {"W1": (3, 2, size, size), "W2": (features, 6)}, seed=22)
        x, _ = images_and_labels((3, 2, side, side), 4, seed=23)
        expected = simple_scores(torch.from_numpy(x), **tensors(**params), stride=stride, pad=pad).numpy()
        what = f"predict(x) for {side}x{side} images and conv_param={conv_param}"
        assert_close(answer(student, student.SimpleConvNet, options, params, "predict", (x,), {}), expected, what=what)


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
def test_simple_loss(student):
    """SimpleConvNet.loss is the mean cross-entropy of its scores."""
    params = draw(SMALL_SHAPES, seed=26)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=27)
    expected = F.cross_entropy(simple_scores(torch.from_numpy(x), **tensors(**params)), torch.from_numpy(t)).item()
    result = answer(student, student.SimpleConvNet, SMALL, params, "loss", (x, t), {})
    assert_close(result, expected, rtol=1e-5, atol=1e-5, what="loss(x, t)")


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


@pytest.mark.question("Q5", points=2.5)
def test_simple_gradient(student):
    """SimpleConvNet.gradient agrees with autograd for every parameter."""
    params = draw(SMALL_SHAPES, seed=30)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=31)
    expected = gradient_by_autograd(simple_scores, params, x, t)
    result = answer(student, student.SimpleConvNet, SMALL, params, "gradient", (x, t), {})
    assert_gradients(result, expected, what="gradient(x, t)")


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


ONE_SHAPES = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (27, 4), "b2": (4,)}
ONE = {name: value for name, value in SMALL.items() if name != "hidden_size"}


@pytest.mark.question("Q6", points=2)
def test_one_conv_scores(student):
    """OneConvNet.predict gives the scores of conv - ReLU - pool - affine."""
    params = draw(ONE_SHAPES, seed=40)
    x, _ = images_and_labels((5, 2, 8, 8), 4, seed=41)
    expected = one_conv_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.OneConvNet, ONE, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q6", points=2)
def test_one_conv_gradient(student):
    """OneConvNet.gradient agrees with autograd for every parameter."""
    params = draw(ONE_SHAPES, seed=44)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=45)
    expected = gradient_by_autograd(one_conv_scores, params, x, t)
    result = answer(student, student.OneConvNet, ONE, params, "gradient", (x, t), {})
    assert_gradients(result, expected, what="gradient(x, t)")


LENET_SHAPES = {
    "W1": (6, 1, 5, 5), "b1": (6,), "W2": (16, 6, 5, 5), "b2": (16,),
    "W3": (400, 120), "b3": (120,), "W4": (120, 84), "b4": (84,), "W5": (84, 10), "b5": (10,),
}  # fmt: skip


@pytest.mark.question("Q7", points=1)
def test_lenet_layers(student):
    """LeNet is made of two Convolution, two Pooling and three Affine layers."""
    found = layer_names(student, student.LeNet)
    for name, count in {"Convolution": 2, "Pooling": 2, "Affine": 3}.items():
        assert_equal(found.count(name), count, what=f"the number of {name} layers of LeNet()")


@pytest.mark.question("Q7", points=1.5)
def test_lenet_scores(student):
    """LeNet.predict gives the scores of its two convolutions, two poolings and three affine layers, ReLU between them."""
    params = draw(LENET_SHAPES, seed=50, scale=0.1)
    x, _ = images_and_labels((3, 1, 28, 28), 10, seed=51)
    expected = lenet_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.LeNet, {}, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q7", points=1.5)
def test_lenet_gradient(student):
    """LeNet.gradient agrees with autograd for every parameter."""
    params = draw(LENET_SHAPES, seed=52, scale=0.1)
    x, t = images_and_labels((3, 1, 28, 28), 10, seed=53)
    expected = gradient_by_autograd(lenet_scores, params, x, t)
    assert_gradients(answer(student, student.LeNet, {}, params, "gradient", (x, t), {}), expected, what="gradient(x, t)")


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


@pytest.mark.question("Q8", points=1.5)
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


@pytest.mark.question("Q8", points=1)
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
