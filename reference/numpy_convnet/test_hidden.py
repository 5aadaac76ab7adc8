"""Hidden checks of numpy_convnet: strides, pads, sides that differ, borders, ties; networks of given parameters against torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import assert_close, assert_equal, assert_gradients, assert_shape, autograd_gradients, finite_differences, probe
from test_public import (
    LENET_SHAPES,
    ONE,
    ONE_SHAPES,
    SMALL,
    SMALL_SHAPES,
    answer,
    draw,
    images_and_labels,
    lenet_scores,
    numbered_points,
    one_conv_scores,
    score_gradient_of,
    scores_and_labels,
    simple_scores,
    tensors,
    train_a_line,
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
    """The dx of Convolution tells how its own forward changes when each pixel is moved a little."""
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


@pytest.mark.question("Q4", points=1)
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


@pytest.mark.question("Q4", points=1)
def test_score_gradient_for_class_numbers(student):
    """SoftmaxWithLoss.backward gives the same gradient for class numbers."""
    x, t, one_hot = scores_and_labels(17)
    expected = (torch.from_numpy(x).softmax(1).numpy() - one_hot) / 6
    assert_gradients(score_gradient_of(student, student.SoftmaxWithLoss, x, t, None), expected, what="SoftmaxWithLoss().backward()")


@pytest.mark.question("Q4", points=1)
@given(images=st.integers(1, 6), classes=st.integers(2, 7), scale=st.sampled_from([1.0, 2000.0]), one_hot=st.booleans())
def test_softmax_with_loss_of_any_size(student, images, classes, scale, one_hot):
    """SoftmaxWithLoss is right for any number of images and classes, small scores and large, both kinds of labels."""
    random = np.random.default_rng(images)
    x, t = scale * random.normal(size=(images, classes)), random.integers(0, classes, size=images)
    scores = torch.from_numpy(x).requires_grad_()
    F.cross_entropy(scores, torch.from_numpy(t)).backward()
    labels = np.eye(classes)[t] if one_hot else t
    gradient = score_gradient_of(student, student.SoftmaxWithLoss, x, labels, None)
    what = f"SoftmaxWithLoss().backward() for {images} images, {classes} classes, scores of about {scale:g}"
    assert_gradients(gradient, scores.grad, rtol=1e-5, atol=1e-6, what=what)


# --- Q5, Q6, Q7: networks ---------------------------------------------------------------------------------------------------------


def gradient_by_autograd(scores, params, x, t, **settings):
    def loss(*values):
        return F.cross_entropy(scores(torch.from_numpy(x), *values, **settings), torch.from_numpy(t))

    return autograd_gradients(loss, tensors(**params))


@pytest.mark.question("Q5", points=2)
def test_simple_scores(student):
    """SimpleConvNet.predict gives the scores of conv - ReLU - pool - affine - ReLU - affine, without a softmax."""
    params = draw(SMALL_SHAPES, seed=20)
    x, _ = images_and_labels((5, 2, 8, 8), 4, seed=21)
    expected = simple_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    assert_close(answer(student, student.SimpleConvNet, SMALL, params, "predict", (x,), {}), expected, what="predict(x)")


@pytest.mark.question("Q5", points=1.5)
def test_simple_other_geometry(student):
    """SimpleConvNet works with other image sizes, square or not, other filters, strides and pads."""
    for (height, width), size, stride, pad, features in (
        ((12, 12), 4, 1, 0, 3 * 4 * 4),
        ((9, 7), 3, 2, 1, 3 * 2 * 2),
        ((8, 8), 5, 1, 2, 3 * 4 * 4),
        ((5, 10), 2, 1, 0, 3 * 2 * 4),
    ):
        conv_param = {"filter_num": 3, "filter_size": size, "pad": pad, "stride": stride}
        options = SMALL | {"input_dim": (2, height, width), "conv_param": conv_param}
        params = draw(SMALL_SHAPES | {"W1": (3, 2, size, size), "W2": (features, 6)}, seed=42)
        x, _ = images_and_labels((3, 2, height, width), 4, seed=43)
        expected = simple_scores(torch.from_numpy(x), **tensors(**params), stride=stride, pad=pad).numpy()
        what = f"predict(x) for {height}x{width} images and conv_param={conv_param}"
        assert_close(answer(student, student.SimpleConvNet, options, params, "predict", (x,), {}), expected, what=what)


@pytest.mark.question("Q5", points=0.5)
def test_simple_loss(student):
    """SimpleConvNet.loss is the mean cross-entropy of its scores."""
    params = draw(SMALL_SHAPES, seed=26)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=27)
    expected = F.cross_entropy(simple_scores(torch.from_numpy(x), **tensors(**params)), torch.from_numpy(t)).item()
    result = answer(student, student.SimpleConvNet, SMALL, params, "loss", (x, t), {})
    assert_close(result, expected, rtol=1e-5, atol=1e-5, what="loss(x, t)")


@pytest.mark.question("Q5", points=2)
def test_simple_gradient(student):
    """SimpleConvNet.gradient agrees with torch's gradient for every parameter."""
    params = draw(SMALL_SHAPES, seed=30)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=31)
    expected = gradient_by_autograd(simple_scores, params, x, t)
    result = answer(student, student.SimpleConvNet, SMALL, params, "gradient", (x, t), {})
    assert_gradients(result, expected, what="gradient(x, t)")


@pytest.mark.question("Q5", points=0.5)
def test_simple_accuracy_of_other_batches(student):
    """SimpleConvNet.accuracy is right for other numbers of images and batch sizes, with both kinds of labels."""
    params = draw(SMALL_SHAPES, seed=46, scale=1.0)
    x, t = images_and_labels((17, 2, 8, 8), 4, seed=47)
    right = simple_scores(torch.from_numpy(x), **tensors(**params)).argmax(1).numpy() == t
    for labels, batch_size in ((t, 5), (np.eye(4)[t], 16), (t, 17)):
        result = answer(student, student.SimpleConvNet, SMALL, params, "accuracy", (x, labels), {"batch_size": batch_size})
        what = f"accuracy of 17 images, {right.sum()} of them right, batch_size={batch_size}"
        assert_close(result, float(right.mean()), rtol=1e-9, atol=1e-9, what=what)


@pytest.mark.question("Q6", points=1)
def test_one_conv_other_geometry(student):
    """OneConvNet works with images that are not square, other filters, strides and pads."""
    for (height, width), size, stride, pad, features in (((8, 11), 3, 1, 0, 3 * 3 * 4), ((7, 9), 4, 2, 1, 3 * 1 * 2)):
        conv_param = {"filter_num": 3, "filter_size": size, "pad": pad, "stride": stride}
        options = ONE | {"input_dim": (2, height, width), "conv_param": conv_param}
        params = draw(ONE_SHAPES | {"W1": (3, 2, size, size), "W2": (features, 4)}, seed=40)
        x, _ = images_and_labels((5, 2, height, width), 4, seed=41)
        expected = one_conv_scores(torch.from_numpy(x), **tensors(**params), stride=stride, pad=pad).numpy()
        what = f"predict(x) for {height}x{width} images and conv_param={conv_param}"
        assert_close(answer(student, student.OneConvNet, options, params, "predict", (x,), {}), expected, what=what)


@pytest.mark.question("Q6", points=1.5)
def test_one_conv_gradient(student):
    """OneConvNet.gradient agrees with torch's gradient for every parameter."""
    params = draw(ONE_SHAPES, seed=44)
    x, t = images_and_labels((5, 2, 8, 8), 4, seed=45)
    expected = gradient_by_autograd(one_conv_scores, params, x, t)
    result = answer(student, student.OneConvNet, ONE, params, "gradient", (x, t), {})
    assert_gradients(result, expected, what="gradient(x, t)")


@pytest.mark.question("Q7", points=1)
def test_lenet_gradient(student):
    """LeNet.gradient agrees with torch's gradient for every parameter."""
    params = draw(LENET_SHAPES, seed=52, scale=0.1)
    x, t = images_and_labels((3, 1, 28, 28), 10, seed=53)
    expected = gradient_by_autograd(lenet_scores, params, x, t)
    assert_gradients(answer(student, student.LeNet, {}, params, "gradient", (x, t), {}), expected, what="gradient(x, t)")


@pytest.mark.question("Q7", points=0.5)
def test_lenet_of_other_images(student):
    """LeNet works for colour images of 32x32 and another number of classes: input_dim and output_size are its arguments."""
    shapes = LENET_SHAPES | {"W1": (6, 3, 5, 5), "W3": (16 * 6 * 6, 120), "W5": (84, 7), "b5": (7,)}
    params = draw(shapes, seed=54, scale=0.1)
    x, _ = images_and_labels((2, 3, 32, 32), 7, seed=55)
    expected = lenet_scores(torch.from_numpy(x), **tensors(**params)).numpy()
    options = {"input_dim": (3, 32, 32), "output_size": 7}
    assert_close(
        answer(student, student.LeNet, options, params, "predict", (x,), {}), expected, what=f"predict(x) of LeNet(**{options})"
    )


# --- Q8 ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q8", points=2)
@settings(max_examples=6)
@given(samples=st.integers(6, 30), size=st.integers(1, 40), epochs=st.integers(1, 3), evaluated=st.integers(1, 12))
def test_trainer_of_any_size(student, samples, size, epochs, evaluated):
    """Trainer works for any number of samples, epochs, mini-batches and samples to evaluate on."""
    x, t = numbered_points(samples, seed=62)
    x_test, t_test = numbered_points(9, seed=63, first=1000)
    options = {"epochs": epochs, "mini_batch_size": size, "evaluate_sample_num_per_epoch": evaluated}
    run = train_a_line(student, student.Trainer, x, t, x_test, t_test, options, samples)
    steps = -(-samples // size)  # a step for each mini-batch, the smaller last one included
    sizes = [len(batch) for batch in run["batches"]]
    rest = samples - size * (steps - 1)
    assert_equal(
        sizes, ([size] * (steps - 1) + [rest]) * epochs, what=f"the sizes of the mini-batches, {samples} samples, {options}"
    )
    for epoch in range(epochs):
        seen = sorted(pair for batch in run["batches"][epoch * steps : epoch * steps + steps] for pair in batch)
        what = f"the (number, label) pairs of epoch {epoch + 1}, sorted"
        assert_equal(seen, [(number, int(label)) for number, label in enumerate(t)], what=what)
    assert_equal(len(run["losses"]), steps * epochs, what="the length of train_loss_list")
    for kind, inputs in (("train accuracies", x), ("test accuracies", x_test)):
        expected = [inputs[:evaluated, 0].mean() + 10_000 * steps * (epoch + 1) for epoch in range(epochs)]
        assert_close(run[kind], expected, rtol=1e-12, what=f"what network.accuracy answered for the {kind}")
