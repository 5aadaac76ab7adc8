"""Public checks of fashion_cnn: read them, run them with `grader check`."""

import functools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grader import (
    forward,
    assert_close,
    assert_equal,
    assert_gradients,
    assert_parameters,
    assert_shape,
    assert_that,
    assert_unchanged,
    gradients_of,
    load_state,
    parameters_of,
    probe,
    randomise,
    state_of,
    student_raises,
)

# --- Q1 to Q5: by hand ------------------------------------------------------------------------------------------------------------

IMAGE = np.array(
    [
        [1.0, 1.0, 1.0, 0.0, 0.0, 1.0],
        [0.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 0.0, 1.0, 1.0, 0.0, 1.0],
        [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 1.0, 1.0, 0.0],
    ]
)
CROSS = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
MAP = np.array([[4.0, 3.0, 4.0, 2.0], [2.0, 4.0, 3.0, 4.0], [2.0, 3.0, 4.0, 1.0], [3.0, 3.0, 2.0, 3.0]])

# Four blocks of 2×2: [3, -1, -3, 1], [12, -1, 0, 1], [2, -3, 3, -2] and [0, 1, 4, -2]. Whole numbers, on purpose.
BLOCKS = np.array([[3, -1, 12, -1], [-3, 1, 0, 1], [2, -3, 0, 1], [3, -2, 4, -2]])


def library_conv2d(image, kernel, stride=1, padding=0):
    """What torch makes of one filter on one image, as a numpy array."""
    image, kernel = torch.tensor(image), torch.tensor(kernel)
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0].numpy()


@pytest.mark.question("Q1", points=1.5)
def test_conv2d_of_the_worked_example(student):
    """conv2d turns the 6×6 example into the 4×4 map of the handout."""
    assert_close(student.conv2d(IMAGE, CROSS), MAP, what="conv2d(image, kernel)")


@pytest.mark.question("Q1", points=1.5)
def test_conv2d_of_a_wide_image_and_a_lopsided_kernel(student):
    """conv2d is right where the image is not square and the kernel not symmetric."""
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(5, 9)), rng.normal(size=(3, 2))
    assert_close(student.conv2d(image, kernel), library_conv2d(image, kernel), what="conv2d of 5×9 with 3×2")


@pytest.mark.question("Q1", points=1)
def test_conv2d_with_a_stride(student):
    """conv2d moves the window by the stride."""
    rng = np.random.default_rng(11)
    image, kernel = rng.normal(size=(7, 9)), rng.normal(size=(3, 3))
    assert_close(student.conv2d(image, kernel, 2), library_conv2d(image, kernel, 2), what="conv2d of 7×9 with 3×3, stride 2")


@pytest.mark.question("Q1", points=1.5)
def test_conv2d_with_padding(student):
    """conv2d adds zeros on all four sides."""
    rng = np.random.default_rng(12)
    image, kernel = 1 + rng.random(size=(4, 6)), rng.normal(size=(3, 3))
    found = student.conv2d(image, kernel, padding=1)
    assert_close(found, library_conv2d(image, kernel, padding=1), what="conv2d of 4×6 with 3×3, padding 1")


@pytest.mark.question("Q1", points=1)
def test_conv2d_of_an_image_of_whole_numbers(student):
    """conv2d of an image of bytes keeps the fractions of the result; with a filter of bytes, too, nothing overflows."""
    rng = np.random.default_rng(14)
    image, kernel = rng.integers(0, 256, size=(5, 6), dtype=np.uint8), rng.normal(size=(3, 3))
    expected = library_conv2d(image.astype(float), kernel)
    assert_close(student.conv2d(image, kernel), expected, what="conv2d of an image of type uint8")
    kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.uint8)
    expected = library_conv2d(image.astype(float), kernel.astype(float))
    assert_close(student.conv2d(image, kernel), expected, what="conv2d of an image and a filter of type uint8")


@pytest.mark.question("Q1", points=1)
def test_conv2d_leaves_image_and_kernel_alone(student):
    """conv2d does not change its image or its kernel."""
    rng = np.random.default_rng(15)
    image, kernel = rng.normal(size=(5, 6)), rng.normal(size=(2, 2))
    found = assert_unchanged(student.conv2d, image, kernel)
    assert_close(found, library_conv2d(image, kernel), what="conv2d of 5×6 with 2×2")


SLIDING = {
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "conv_tbc", "convolution",
    "_convolution", "Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d", "unfold", "Unfold", "im2col",
    "convolve", "convolve1d", "convolve2d", "correlate", "correlate1d", "correlate2d", "fftconvolve", "oaconvolve", "lfilter",
    "filter2D", "sepFilter2D", "avg_pool2d", "adaptive_avg_pool2d", "max_pool2d", "adaptive_max_pool2d",
    "max_pool2d_with_indices", "block_reduce", "sliding_window_view",
}  # fmt: skip


@probe(returns=(object, [str]))
def watched(function, *arguments):
    """Call function(*arguments) under a profiler: its value, and which functions of libraries ran, by name."""
    import sys

    seen = set()

    def watch(frame, event, called):
        if event == "call":
            library = frame.f_globals.get("__name__", "").partition(".")[0]
            if library in ("numpy", "scipy", "torch", "cv2", "skimage", "jax", "tensorflow"):
                seen.add(frame.f_code.co_name)
        elif event == "c_call":
            seen.add(str(getattr(called, "__name__", "")))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        value = function(*arguments)
    finally:
        sys.setprofile(before)
    return value, sorted(seen)


def assert_by_hand(student, function, name, expected, *arguments):
    """`function` gives the right value, and no convolution or pooling of a library ran meanwhile."""
    value, ran = watched(student, function, *arguments)
    assert_close(value, expected, what=name)
    refused = sorted(SLIDING.intersection(ran))
    assert_that(
        not refused,
        f"{name}: expected loops and slices of your own, found that {', '.join(refused)} of a library ran.",
        hint="Go through the places of the window yourself; library functions that slide a window are refused in this file.",
    )


@pytest.mark.question("Q1", points=2.5)
def test_conv2d_runs_no_library_convolution(student):
    """No convolution of a library runs while conv2d does."""
    rng = np.random.default_rng(17)
    image, kernel = rng.normal(size=(4, 5)), rng.normal(size=(2, 3))
    assert_by_hand(student, student.conv2d, "conv2d of 4×5 with 2×3", library_conv2d(image, kernel), image, kernel)


@pytest.mark.question("Q2", points=1.5)
def test_conv_output_size_of_known_layers(student):
    """conv_output_size gives the sizes of well-known layers, and one place to a filter that just fits."""
    sizes = {(227, 11, 0, 4): 55, (28, 3, 1, 1): 28, (32, 5, 2, 1): 32, (14, 3, 0, 1): 12, (7, 2, 0, 2): 3, (5, 9, 2, 1): 1}
    for arguments, expected in sizes.items():
        assert_equal(student.conv_output_size(*arguments), expected, what=f"conv_output_size{arguments}")


@pytest.mark.question("Q2", points=1.5)
def test_conv_output_shape_of_known_layers(student):
    """conv_output_shape gives width, height and the number of filters, also where the image is not square."""
    cases = {
        ((227, 227, 3), 96, 11, 4, 0): (55, 55, 96),
        ((28, 28, 1), 32, 3, 1, 1): (28, 28, 32),
        ((640, 480, 3), 64, 7, 2, 3): (320, 240, 64),
    }
    for arguments, expected in cases.items():
        assert_equal(student.conv_output_shape(*arguments), expected, what=f"conv_output_shape{arguments}")


@pytest.mark.question("Q2", points=1)
def test_pool_output_size_of_known_layers(student):
    """pool_output_size gives the sizes of well-known poolings, also where the stride does not come out even."""
    for arguments, expected in {(224, 2, 2): 112, (55, 3, 2): 27, (7, 2, 2): 3, (5, 5, 1): 1}.items():
        assert_equal(student.pool_output_size(*arguments), expected, what=f"pool_output_size{arguments}")


@pytest.mark.question("Q2", points=1)
def test_a_filter_that_does_not_fit_is_refused(student):
    """A filter larger than the padded input raises ValueError, whichever function is asked; one that just fits does not."""
    with student_raises("ValueError", what="conv_output_size(5, 8, 1, 1)"):
        student.conv_output_size(5, 8, 1, 1)
    with student_raises("ValueError", what="pool_output_size(3, 4, 1)"):
        student.pool_output_size(3, 4, 1)
    with student_raises("ValueError", what="conv_output_shape((28, 4, 3), 8, 7, 1, 1)"):
        student.conv_output_shape((28, 4, 3), 8, 7, 1, 1)
    found = student.conv_output_shape((3, 4, 2), 5, 7, 1, 2)
    assert_equal(found, (1, 2, 5), what="conv_output_shape((3, 4, 2), 5, 7, 1, 2), where a filter of 7 just fits into 3 + 2 · 2")


@pytest.mark.question("Q2", points=1)
def test_a_stride_below_one_is_refused(student):
    """A stride of 0 or −1 raises ValueError, whichever of the three functions is asked."""
    for stride in (0, -1):
        with student_raises("ValueError", what=f"conv_output_size(8, 3, 0, {stride})"):
            student.conv_output_size(8, 3, 0, stride)
        with student_raises("ValueError", what=f"pool_output_size(8, 2, {stride})"):
            student.pool_output_size(8, 2, stride)
        with student_raises("ValueError", what=f"conv_output_shape((8, 8, 3), 4, 3, {stride}, 0)"):
            student.conv_output_shape((8, 8, 3), 4, 3, stride, 0)


@pytest.mark.question("Q3", points=2.5)
def test_conv2d_rgb_of_a_colour_image(student):
    """conv2d_rgb gives one map a filter for a colour image."""
    rng = np.random.default_rng(3)
    image, kernels = rng.normal(size=(3, 6, 8)), rng.normal(size=(4, 3, 3, 3))
    expected = F.conv2d(torch.tensor(image)[None], torch.tensor(kernels))[0].numpy()  # (4, 4, 6)
    assert_close(student.conv2d_rgb(image, kernels), expected, what="conv2d_rgb of (3, 6, 8) with (4, 3, 3, 3)")


@pytest.mark.question("Q3", points=1)
def test_conv2d_rgb_sums_the_channels(student):
    """conv2d_rgb with one 1×1 filter of ones adds the three channels up."""
    image = np.arange(1.0, 37.0).reshape(3, 3, 4) ** 2
    expected = (image[0] + image[1] + image[2])[None]  # (1, 3, 4)
    assert_close(student.conv2d_rgb(image, np.ones((1, 3, 1, 1))), expected, what="conv2d_rgb with one 1×1 filter of ones")


@pytest.mark.question("Q3", points=1.5)
def test_conv2d_rgb_of_any_number_of_channels(student):
    """conv2d_rgb works for one channel and for five, and for an image of bytes."""
    rng = np.random.default_rng(31)
    for channels, filters in ((1, 2), (5, 3)):
        image = rng.integers(0, 256, size=(channels, 5, 4), dtype=np.uint8)
        kernels = rng.normal(size=(filters, channels, 2, 2))
        expected = F.conv2d(torch.tensor(image).double()[None], torch.tensor(kernels))[0].numpy()
        assert_close(student.conv2d_rgb(image, kernels), expected, what=f"conv2d_rgb of {channels} channels with {filters} filters")


@pytest.mark.question("Q3", points=0.5)
def test_conv2d_rgb_of_filters_of_bytes(student):
    """conv2d_rgb of an image and filters of bytes is right where the products need more than a byte."""
    rng = np.random.default_rng(33)
    image, kernels = (rng.integers(100, 256, size=shape, dtype=np.uint8) for shape in ((3, 4, 5), (2, 3, 2, 2)))
    expected = F.conv2d(torch.tensor(image).double()[None], torch.tensor(kernels).double())[0].numpy()
    assert_close(student.conv2d_rgb(image, kernels), expected, what="conv2d_rgb of an image and filters of type uint8")


@pytest.mark.question("Q3", points=2.5)
def test_conv2d_rgb_runs_no_library_convolution(student):
    """No convolution of a library runs while conv2d_rgb does."""
    rng = np.random.default_rng(32)
    image, kernels = rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 3, 2, 2))
    expected = F.conv2d(torch.tensor(image)[None], torch.tensor(kernels))[0].numpy()
    assert_by_hand(student, student.conv2d_rgb, "conv2d_rgb of (3, 4, 5) with (2, 3, 2, 2)", expected, image, kernels)


@pytest.mark.question("Q4", points=1.5)
def test_max_pool2d_of_the_worked_example(student):
    """max_pool2d of the four blocks is 3, 12, 3, 4."""
    assert_close(student.max_pool2d(BLOCKS.astype(float)), np.array([[3.0, 12.0], [3.0, 4.0]]), what="max_pool2d(blocks)")


@pytest.mark.question("Q4", points=1.5)
def test_avg_pool2d_of_the_worked_example(student):
    """avg_pool2d of the four blocks of whole numbers is 0, 3, 0, 0.75."""
    assert_close(student.avg_pool2d(BLOCKS), np.array([[0.0, 3.0], [0.0, 0.75]]), what="avg_pool2d(blocks)")


@pytest.mark.question("Q4", points=1.5)
def test_pooling_with_windows_that_overlap(student):
    """Both poolings work with a window of 3, a stride of 2, and an image that is not square."""
    image = np.random.default_rng(41).normal(size=(5, 9))
    there = torch.tensor(image)[None, None]
    assert_close(student.max_pool2d(image, 3, 2), F.max_pool2d(there, 3, 2)[0, 0].numpy(), what="max_pool2d(image, 3, 2)")
    assert_close(student.avg_pool2d(image, 3, 2), F.avg_pool2d(there, 3, 2)[0, 0].numpy(), what="avg_pool2d(image, 3, 2)")


@pytest.mark.question("Q4", points=1)
def test_pooling_drops_what_is_left_over(student):
    """Both poolings of 5×7 with a window of 2, or of 3, leave out the rows and columns at the end."""
    image = np.random.default_rng(42).normal(size=(5, 7))
    there = torch.tensor(image)[None, None]
    for size in (2, 3):
        assert_close(
            student.max_pool2d(image, size), F.max_pool2d(there, size)[0, 0].numpy(), what=f"max_pool2d of 5×7, size {size}"
        )
        assert_close(
            student.avg_pool2d(image, size), F.avg_pool2d(there, size)[0, 0].numpy(), what=f"avg_pool2d of 5×7, size {size}"
        )


@pytest.mark.question("Q4", points=1)
def test_max_pool2d_of_negative_numbers(student):
    """max_pool2d of an image below zero is below zero, and the image stays as it was."""
    image = -1 - np.random.default_rng(43).random(size=(4, 6))
    found = assert_unchanged(student.max_pool2d, image)
    assert_close(found, F.max_pool2d(torch.tensor(image)[None, None], 2)[0, 0].numpy(), what="max_pool2d of negative numbers")


@pytest.mark.question("Q4", points=1.5)
def test_pooling_runs_no_library_pooling(student):
    """No pooling of a library runs while max_pool2d or avg_pool2d does."""
    image = np.random.default_rng(44).normal(size=(4, 6))
    there = torch.tensor(image)[None, None]
    assert_by_hand(student, student.max_pool2d, "max_pool2d of 4×6", F.max_pool2d(there, 2)[0, 0].numpy(), image)
    assert_by_hand(student, student.avg_pool2d, "avg_pool2d of 4×6", F.avg_pool2d(there, 2)[0, 0].numpy(), image)


@pytest.mark.question("Q5", points=1.5)
def test_conv1d_of_the_worked_examples(student):
    """conv1d smooths [1, 1, 1, 1, 1] to [1, 1, 1], and does not flip the filter [1, 2, 4]."""
    smoothed = student.conv1d(np.ones(5), np.array([0.25, 0.5, 0.25]))
    assert_close(smoothed, np.ones(3), what="conv1d([1, 1, 1, 1, 1], [0.25, 0.5, 0.25])")
    slid = student.conv1d(np.array([1.0, 0.0, 0.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert_close(slid, np.array([1.0, 12.0]), what="conv1d([1, 0, 0, 3], [1, 2, 4])")


@pytest.mark.question("Q5", points=1)
def test_conv1d_with_stride_and_padding(student):
    """conv1d of 1, 2, 3, 4 with the filter 1, 1 is 1, 5, 4 at stride 2 with one zero at each end."""
    found = student.conv1d(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0]), 2, 1)
    assert_close(found, np.array([1.0, 5.0, 4.0]), what="conv1d([1, 2, 3, 4], [1, 1], stride 2, padding 1)")


@pytest.mark.question("Q5", points=1.5)
def test_conv3d_of_a_volume(student):
    """conv3d of a volume is a volume again, with the right values."""
    rng = np.random.default_rng(5)
    volume, kernel = rng.normal(size=(4, 5, 6)), rng.normal(size=(2, 3, 2))
    expected = F.conv3d(torch.tensor(volume)[None, None], torch.tensor(kernel)[None, None])[0, 0].numpy()  # (3, 3, 5)
    assert_close(student.conv3d(volume, kernel), expected, what="conv3d of (4, 5, 6) with (2, 3, 2)")


@pytest.mark.question("Q5", points=1.5)
def test_pointwise_conv_mixes_channels_alone(student):
    """pointwise_conv changes the number of channels and mixes each pixel by itself."""
    rng = np.random.default_rng(6)
    image, weights = rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 3))
    expected = np.stack([w[0] * image[0] + w[1] * image[1] + w[2] * image[2] for w in weights])  # (2, 4, 5)
    assert_close(student.pointwise_conv(image, weights), expected, what="pointwise_conv of (3, 4, 5) with (2, 3)")
    whole = student.pointwise_conv(np.array([[[1, 2]], [[3, 5]]]), np.array([[2, 1]]))
    assert_close(whole, np.array([[[5.0, 9.0]]]), what="pointwise_conv of whole numbers, as floats")


@pytest.mark.question("Q5", points=0.5)
def test_whole_numbers_overflow_nothing(student):
    """conv1d, conv3d and pointwise_conv of bytes are right where the products need more than a byte."""
    rng = np.random.default_rng(53)

    def few_bytes(*shape):
        return rng.integers(100, 256, size=shape, dtype=np.uint8)

    for name, inputs, weights in (
        ("conv1d", few_bytes(9), few_bytes(3)),
        ("conv3d", few_bytes(3, 4, 3), few_bytes(2, 2, 2)),
        ("pointwise_conv", few_bytes(3, 2, 4), few_bytes(2, 3)),
    ):
        there, filters = torch.tensor(inputs).double(), torch.tensor(weights).double()
        if name == "conv1d":
            expected = F.conv1d(there[None, None], filters[None, None])[0, 0]
        elif name == "conv3d":
            expected = F.conv3d(there[None, None], filters[None, None])[0, 0]
        else:
            expected = torch.einsum("kc,chw->khw", filters, there)
        found = getattr(student, name)(inputs, weights)
        assert_close(found, expected.numpy(), what=f"{name} of arrays of type uint8")


@pytest.mark.question("Q5", points=1.5)
def test_conv1d_and_conv3d_run_no_library_convolution(student):
    """No convolution of a library runs while conv1d or conv3d does."""
    rng = np.random.default_rng(52)
    signal, filter1 = rng.normal(size=6), rng.normal(size=2)
    expected = F.conv1d(torch.tensor(signal)[None, None], torch.tensor(filter1)[None, None])[0, 0].numpy()
    assert_by_hand(student, student.conv1d, "conv1d of 6 values with 2", expected, signal, filter1)
    volume, filter3 = rng.normal(size=(3, 4, 3)), rng.normal(size=(2, 2, 1))
    expected = F.conv3d(torch.tensor(volume)[None, None], torch.tensor(filter3)[None, None])[0, 0].numpy()
    assert_by_hand(student, student.conv3d, "conv3d of (3, 4, 3) with (2, 2, 1)", expected, volume, filter3)


# --- Q6 and Q7: the networks ------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=1.5)
def test_dnn_has_235146_parameters(student):
    """FashionDNN has 235,146 parameters in three linear layers."""
    assert_parameters(parameters_of(student, student.FashionDNN()), total=235_146, tensors=6, what="FashionDNN()")


@pytest.mark.question("Q6", points=1)
def test_dnn_takes_batches_of_any_size(student):
    """FashionDNN turns (N, 1, 28, 28) into (N, 10) for N = 1, 4, 7."""
    net = student.FashionDNN()
    for n in (1, 4, 7):
        images = torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(n))
        assert_shape(forward(student, net, images), (n, 10), what=f"FashionDNN()(images) for {n} images")


DNN_WEIGHTS = {"first linear": (256, 784), "second linear": (128, 256), "third linear": (10, 128)}


def each_once(state):
    """The state without repeats: a layer kept as an attribute and in an nn.Sequential too has two names. Random values tell."""
    once = {}
    for name, value in state.items():
        if not any(value.dtype == known.dtype and torch.equal(value, known) for known in once.values()):
            once[name] = value
    return once


def layers_by_part(state, weights):
    """Which layer of the student's net plays which part: {part: prefix of its names}, told by the shape of its weight alone.

    state: {name: anything with a shape}. The check fails unless there is exactly one layer for each part.
    """
    shapes = {name: tuple(getattr(value, "shape", ())) for name, value in state.items()}
    layers = {}
    for part, shape in weights.items():
        prefixes = [name.removesuffix("weight") for name in shapes if name.endswith("weight") and shapes[name] == shape]
        found = [prefix for prefix in prefixes if shapes.get(prefix + "bias") == shape[:1]]
        assert_that(
            len(found) == 1,
            f"expected one {part} layer with a bias and a weight of shape {shape}, found {len(found)}.",
            evidence=list(shapes.values()),
        )
        layers[part] = found[0]
        if "BatchNorm" in part:
            statistics = [shapes.get(found[0] + kind) for kind in ("running_mean", "running_var")]
            assert_that(
                statistics == [shape, shape],
                f"expected running statistics of shape {shape} in the {part} layer, found none.",
                evidence=list(shapes),
            )
    return layers


def randomised(student, net, seed, weights):
    """Random values in the student's net; returns them (in float32, whatever the net has) and which layer plays which part."""
    state = each_once(randomise(student, net, seed=seed))
    layers = layers_by_part(state, weights)
    return {name: value.float() for name, value in state.items() if value is not None}, layers


def linear(x, state, prefix):
    return F.linear(x, state[prefix + "weight"], state[prefix + "bias"])


def dnn_scores(images, state, layers):
    """FashionDNN in eval mode: (N, 1, 28, 28) to (N, 10)."""
    x = torch.relu(linear(images.flatten(1), state, layers["first linear"]))
    x = torch.relu(linear(x, state, layers["second linear"]))
    return linear(x, state, layers["third linear"])


def random_images(n, seed):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


@pytest.mark.question("Q6", points=3)
def test_dnn_scores_with_given_weights(student):
    """FashionDNN gives the right scores in eval mode."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 61, DNN_WEIGHTS)
    images = random_images(5, 61)
    assert_close(forward(student, net, images), dnn_scores(images, state, layers), what="FashionDNN()(images) in eval mode")


def two_units_a_score(state, layers):
    """Weights under which score j is the sum of what enters the second linear layer at 2j and at 2j + 1, if not negative."""
    second, third = layers["second linear"], layers["third linear"]
    weights = {prefix + kind: torch.zeros_like(state[prefix + kind]) for prefix in (second, third) for kind in ("weight", "bias")}
    for j in range(10):
        weights[second + "weight"][j, [2 * j, 2 * j + 1]] = 1.0
        weights[third + "weight"][j, j] = 1.0
    return weights


def assert_scores(scores, n, what):
    """Scores to calculate with: a tensor of shape (n, 10), or the check fails."""
    assert_shape(scores, (n, 10), what=what)
    assert_that(isinstance(scores, torch.Tensor), f"{what}: expected a tensor, found another kind of array.", evidence=scores)


def assert_dropped_by_a_quarter(scores, units, what):
    """Each score (N, 10) is the sum of its two units (N, 20), where each is gone (one in four) or scaled by 4/3, by itself."""
    assert_scores(scores, len(units), what)
    pairs = units.reshape(-1, 10, 1, 2) * 4 / 3
    kept = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    distance, case = ((pairs * kept).sum(-1) - scores[..., None]).abs().min(-1)  # (N, 10) each
    strange = int((distance > 1e-3 * units.abs().max()).sum())
    assert_that(
        strange == 0,
        f"{what}: expected each output of the first linear layer dropped or scaled by 1 / (1 - 0.25) = 4/3, "
        f"found something else in {strange} of {scores.numel()} scores.",
        hint="nn.Dropout(0.25), once, on what the first linear layer gives; in train mode it drops and scales.",
        evidence=scores,
    )
    gone = (1 - kept).sum(-1)[case]  # how many of the two units
    assert_that(
        abs(float(gone.mean()) / 2 - 0.25) < 0.05,  # over 7 standard deviations of 4,000 draws, 4 of 1,280
        f"{what}: expected a quarter of the first linear layer's outputs to be dropped, found {50 * float(gone.mean()):.1f} %.",
        evidence=scores,
    )
    alone = float((gone == 1).float().mean())
    assert_that(
        abs(alone - 0.375) < 0.08,
        f"{what}: expected each output of the first linear layer to be dropped by itself (one alone in 37.5 % of the pairs), "
        f"found that in {100 * alone:.1f} %.",
        evidence=scores,
    )


@pytest.mark.question("Q6", points=2)
def test_dnn_drops_a_quarter_after_the_first_layer(student):
    """In train mode FashionDNN drops a quarter of the first layer's activations and scales the rest by 4/3."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 62, DNN_WEIGHTS)
    bias = layers["first linear"] + "bias"
    state[bias] += 5.0  # so that no activation is cut off at 0
    load_state(student, net, {bias: state[bias]} | two_units_a_score(state, layers))
    images = random_images(200, 62)
    units = torch.relu(linear(images.flatten(1), state, layers["first linear"]))[:, :20]
    assert_dropped_by_a_quarter(forward(student, net, images, train=True), units, "FashionDNN()(images) in train mode")


def parameter_gradients(scores, images, state, layers, cotangent):
    """d(Σ scores · cotangent) / d(each parameter), by autograd in float64: {the student's name: gradient}."""
    state = {name: value.double() for name, value in state.items()}
    names = [prefix + kind for prefix in layers.values() for kind in ("weight", "bias")]
    for name in names:
        state[name].requires_grad_()
    (scores(images.double(), state, layers) * cotangent.double()).sum().backward()
    return {name: state[name].grad for name in names}


@probe
def in_eval_mode(net):
    return net.eval()


@pytest.mark.question("Q6", points=1)
def test_dnn_gradients_reach_every_parameter(student):
    """The gradient of FashionDNN's scores reaches every parameter, with the right value."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 63, DNN_WEIGHTS)
    images, cotangent = random_images(4, 63), torch.randn(4, 10, generator=torch.Generator().manual_seed(64))
    found = gradients_of(student, in_eval_mode(student, net), {"x": images}, cotangent=cotangent, wrt=[])
    assert_gradients(found, parameter_gradients(dnn_scores, images, state, layers, cotangent), what="the gradient of the scores")


@pytest.mark.question("Q7", points=2)
def test_cnn_has_1475338_parameters(student):
    """FashionCNN has 1,475,338 parameters: two convolutions, two BatchNorms, three linear layers."""
    assert_parameters(parameters_of(student, student.FashionCNN()), total=1_475_338, tensors=14, what="FashionCNN()")


@pytest.mark.question("Q7", points=1)
def test_cnn_takes_batches_of_any_size(student):
    """FashionCNN turns (N, 1, 28, 28) into (N, 10) for N = 1, 3, 7."""
    net = student.FashionCNN()
    for n in (1, 3, 7):
        images = torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(n))
        assert_shape(forward(student, net, images), (n, 10), what=f"FashionCNN()(images) for {n} images")


CNN_WEIGHTS = {
    "first convolution": (32, 1, 3, 3),
    "first BatchNorm": (32,),
    "second convolution": (64, 32, 3, 3),
    "second BatchNorm": (64,),
    "first linear": (600, 2304),
    "second linear": (120, 600),
    "third linear": (10, 120),
}


def cnn_features(images, state, layers, train=False):
    """FashionCNN up to the flattening: (N, 1, 28, 28) to (N, 2304). In train mode, the running statistics in `state` move on."""
    x = images
    for place, padding in (("first", 1), ("second", 0)):
        convolution, norm = layers[f"{place} convolution"], layers[f"{place} BatchNorm"]
        x = F.conv2d(x, state[convolution + "weight"], state[convolution + "bias"], padding=padding)
        mean, variance = state[norm + "running_mean"], state[norm + "running_var"]
        x = F.batch_norm(x, mean, variance, state[norm + "weight"], state[norm + "bias"], training=train)
        x = F.max_pool2d(torch.relu(x), 2)
    return x.flatten(1)


def cnn_scores(images, state, layers):
    """FashionCNN in eval mode: (N, 1, 28, 28) to (N, 10)."""
    x = linear(cnn_features(images, state, layers), state, layers["first linear"])
    x = linear(x, state, layers["second linear"])
    return linear(x, state, layers["third linear"])


@pytest.mark.question("Q7", points=3)
def test_cnn_scores_with_given_weights(student):
    """FashionCNN gives the right scores in eval mode."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 71, CNN_WEIGHTS)
    images = random_images(3, 71)
    assert_close(forward(student, net, images), cnn_scores(images, state, layers), what="FashionCNN()(images) in eval mode")


@pytest.mark.question("Q7", points=1.5)
def test_cnn_batchnorm_learns_its_statistics(student):
    """A pass in train mode moves the running mean and variance of both BatchNorm layers of FashionCNN as it should."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 72, CNN_WEIGHTS)
    images = random_images(8, 72)
    assert_shape(forward(student, net, images, train=True), (8, 10), what="FashionCNN()(images) in train mode")
    after = state_of(student, net)
    cnn_features(images, state, layers, train=True)
    for part in ("first BatchNorm", "second BatchNorm"):
        for kind in ("running_mean", "running_var"):
            name = layers[part] + kind
            assert_close(after.get(name), state[name], what=f"{name} after one pass in train mode")


@probe(returns=(object, object, object))
def scores_by_factor(net, prefix, images):
    """The scores in eval mode with the weight and bias of the layer `prefix` ten times as large, then negated, then zero."""
    parameters = [value for name, value in net.named_parameters() if name in (prefix + "weight", prefix + "bias")]
    scores = []
    net.eval()
    with torch.no_grad():
        for factor in (10.0, -1.0, 0.0):
            for value in parameters:
                value.mul_(factor)
            scores.append(net(images))
    return tuple(scores)


@pytest.mark.question("Q7", points=1.5)
def test_cnn_ends_in_linear_layers_alone(student):
    """The three linear layers of FashionCNN follow each other without an activation."""
    net = student.FashionCNN()  # as it is initialised: random enough, and its 1.5 million numbers need not travel
    shapes = {parameter.name: parameter for parameter in parameters_of(student, net) if parameter.shared_with is None}
    first = layers_by_part(shapes, {"first linear": (600, 2304)})["first linear"]
    images = random_images(4, 73)
    scores = scores_by_factor(student, net, first, images)
    for each in scores:
        assert_scores(each, 4, "FashionCNN()(images)")
    plain, mirrored, without = scores
    assert_that(
        float((plain - without).abs().max()) > 1e-3 * float(without.abs().max()),
        "FashionCNN(): expected scores that depend on the first linear layer, found that they do not.",
    )
    assert_close(
        mirrored,
        2 * without - plain,
        rtol=1e-3,
        atol=1e-3 * float(plain.abs().max()),
        what="the scores with the first linear layer's weight and bias negated",
        hint="Linear layers alone would turn the sign of its share in the scores, no more: no ReLU between them, none at the end.",
    )


@pytest.mark.question("Q7", points=2)
def test_cnn_drops_a_quarter_after_the_first_linear_layer(student):
    """In train mode FashionCNN drops a quarter of the first linear layer's outputs and scales the rest by 4/3."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 74, CNN_WEIGHTS)
    load_state(student, net, two_units_a_score(state, layers))
    images = random_images(64, 74)
    scores = forward(student, net, images, train=True)
    units = linear(cnn_features(images, state, layers, train=True), state, layers["first linear"])[:, :20]
    assert_dropped_by_a_quarter(scores, units, "FashionCNN()(images) in train mode")


@pytest.mark.question("Q7", points=2)
def test_cnn_gradients_reach_every_parameter(student):
    """The gradient of FashionCNN's scores reaches every parameter, with the right value."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 75, CNN_WEIGHTS)
    images, cotangent = random_images(3, 75), torch.randn(3, 10, generator=torch.Generator().manual_seed(76))
    found = gradients_of(student, in_eval_mode(student, net), {"x": images}, cotangent=cotangent, wrt=[])
    assert_gradients(found, parameter_gradients(cnn_scores, images, state, layers, cotangent), what="the gradient of the scores")


# --- Q8: training -----------------------------------------------------------------------------------------------------------------


@probe
def tracked_lists(train_and_track, images, labels, test_images, test_labels, epochs):
    """Train one linear layer in batches of 2; what train_and_track returned."""
    from torch.utils.data import DataLoader, TensorDataset

    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    train_loader = DataLoader(TensorDataset(images, labels), batch_size=2)
    test_loader = DataLoader(TensorDataset(test_images, test_labels), batch_size=4)
    return train_and_track(model, train_loader, test_loader, epochs)


@pytest.mark.question("Q8", points=1.5)
def test_training_is_tracked_every_50_iterations(student):
    """train_and_track gives one entry after iteration 50 and one after 100 in each of its three lists, for two epochs of 51 batches."""
    random = torch.Generator().manual_seed(8)
    images, labels = torch.rand(101, 1, 28, 28, generator=random), torch.randint(10, (101,), generator=random)
    test_images, test_labels = torch.rand(7, 1, 28, 28, generator=random), torch.randint(10, (7,), generator=random)
    returned = tracked_lists(student, student.train_and_track, images, labels, test_images, test_labels, 2)
    assert_that(
        isinstance(returned, (tuple, list)) and len(returned) == 3 and all(isinstance(entry, (tuple, list)) for entry in returned),
        f"train_and_track: expected three lists (losses, iterations, accuracies), found {returned!r:.200}.",
    )
    losses, iterations, accuracies = returned
    assert_equal(list(iterations), [50, 100], what="the iterations of train_and_track(..., epochs=2) with 51 batches an epoch")
    assert_equal((len(losses), len(accuracies)), (2, 2), what="the number of losses and of accuracies")


def training_case(seed):
    """(weight, bias), 102 training images in batches of 4 (26 a pass, the last of 2), 11 test images (4, 4, 3), 6 of them right."""
    random = torch.Generator().manual_seed(seed)
    weight, bias = 0.1 * torch.randn(10, 784, generator=random), torch.randn(10, generator=random)
    data = torch.rand(102, 1, 28, 28, generator=random), torch.randint(10, (102,), generator=random)
    test_images = torch.rand(11, 1, 28, 28, generator=random)
    test_images[:, 0, 0, 0] = 2.0
    right = torch.tensor([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1])  # in batches: 4 of 4, 1 of 4, 1 of 3
    predicted = F.linear(test_images.flatten(1), weight, bias).argmax(1)
    return (weight, bias), data, (test_images, (predicted + 1 - right) % 10)


@probe(returns=(object, torch.Tensor, bool, [(bool, int, bool, bool)]))
def trained(train_and_track, weight, bias, data, test_data, epochs, options):
    """Run train_and_track on a linear layer behind a dropout of options["dropout"], in batches of 4, in order.

    Gives back what it returned, the weight afterwards, whether the model is in train mode afterwards, and for each call of it:
    (are these test images, how many, was the model in train mode, was a graph being made). A test image's first pixel is 2.
    """
    from torch.utils.data import DataLoader, TensorDataset

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(options["dropout"])
            self.fc = nn.Linear(784, 10)
            self.calls = []

        def forward(self, x):
            is_test = bool((x[:, 0, 0, 0] == 2).all())
            self.calls.append((is_test, len(x), self.training, torch.is_grad_enabled()))
            return self.fc(self.drop(x.flatten(1)))

    model = Watched()
    with torch.no_grad():
        model.fc.weight.copy_(weight)
        model.fc.bias.copy_(bias)
    model.train(options["starts_in_train_mode"])
    train_loader = DataLoader(TensorDataset(*data), batch_size=4)
    test_loader = DataLoader(TensorDataset(*test_data), batch_size=4)
    settings = {"lr": options["lr"]} if "lr" in options else {}
    returned = train_and_track(model, train_loader, test_loader, epochs, **settings)
    return returned, model.fc.weight.detach(), model.training, model.calls


def run_training(student, case, epochs, **options):
    (weight, bias), data, test_data = case
    options = {"dropout": 0.0, "starts_in_train_mode": True} | options
    return trained(student, student.train_and_track, weight, bias, data, test_data, epochs, options)


@functools.cache  # the same for every submission
def adam_on_cross_entropy(seed, epochs, lr):
    """The weight of a linear layer trained in batches of 4 by Adam as published, in float64, and the loss before each step."""
    start, data, _ = training_case(seed)
    values = [value.double().requires_grad_() for value in start]
    means, squares = [torch.zeros_like(v) for v in values], [torch.zeros_like(v) for v in values]
    met = []
    batches = list(zip(data[0].double().flatten(1).split(4), data[1].split(4), strict=True)) * epochs
    for step, (images, labels) in enumerate(batches, start=1):
        loss = F.cross_entropy(F.linear(images, *values), labels)
        met.append(loss.item())
        gradients = torch.autograd.grad(loss, values)
        with torch.no_grad():
            for value, gradient, mean, square in zip(values, gradients, means, squares, strict=True):
                mean.mul_(0.9).add_(0.1 * gradient)
                square.mul_(0.999).add_(0.001 * gradient**2)
                value -= lr * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return values[0].detach().float(), met


@pytest.mark.question("Q8", points=2)
def test_training_is_adam_on_the_cross_entropy(student):
    """train_and_track's losses and weights are those of Adam on the cross-entropy, with the lr given and with 0.001 by default."""
    for lr, epochs in ((0.01, 4), (None, 2)):  # of 26 batches each
        weight, losses = adam_on_cross_entropy(81, epochs, lr or 0.001)
        returned, trained_weight, _, _ = run_training(student, training_case(81), epochs, **({} if lr is None else {"lr": lr}))
        setting = "by default" if lr is None else f"with lr={lr}"
        assert_that(
            isinstance(returned, (tuple, list)) and len(returned) == 3,
            f"train_and_track: expected (losses, iterations, accuracies), found {returned!r:.200}.",
        )
        assert_close(trained_weight, weight, rtol=1e-3, atol=1e-4, what=f"the weight after {26 * epochs} iterations {setting}")
        graphs = [getattr(loss, "requires_grad", False) for loss in returned[0]] if isinstance(returned[0], (list, tuple)) else []
        assert_that(
            True not in graphs,
            "losses: expected plain numbers, found tensors that require a gradient.",
            hint="loss.item() is the number; the tensor keeps the graph of its batch in memory.",
            evidence=graphs,
        )
        assert_close(returned[0], np.array(losses[49::50]), rtol=1e-3, atol=1e-4, what=f"losses {setting}")


@pytest.mark.question("Q8", points=1.5)
def test_accuracy_counts_every_test_image_once(student):
    """train_and_track's accuracy is 100 · right / all test images, in eval mode, also where the last batch is smaller."""
    returned, _, _, _ = run_training(student, training_case(82), 2, lr=1e-9, dropout=0.9)
    assert_that(
        isinstance(returned, (tuple, list)) and len(returned) == 3,
        f"train_and_track: expected (losses, iterations, accuracies), found {returned!r:.200}.",
    )
    assert_close(returned[2], np.array([600 / 11]), rtol=1e-4, what="accuracies, with 6 of 11 test images right")


def calls_on_test_images(calls):
    """The model's calls on test images; the check fails unless they cover the test set once, as they should in 52 iterations."""
    test_calls = [call for call in calls if call[0]]
    seen = sum(call[1] for call in test_calls)
    assert_that(
        seen == 11,
        f"train_and_track: expected the model to see each of the 11 test images once in 52 iterations, found {seen} images.",
        evidence=[call[:2] for call in calls],
    )
    return test_calls


@pytest.mark.question("Q8", points=1.5)
def test_accuracy_is_measured_in_eval_mode(student):
    """In train_and_track the model sees test images in eval mode only."""
    _, _, _, calls = run_training(student, training_case(83), 2, dropout=0.5)
    wrong = sum(call[2] for call in calls_on_test_images(calls))
    assert_that(wrong == 0, f"train_and_track: expected eval mode for every batch of test images, found train mode in {wrong}.")


@pytest.mark.question("Q8", points=1)
def test_accuracy_is_measured_without_a_graph(student):
    """train_and_track makes no graph for test images, as under torch.no_grad()."""
    _, _, _, calls = run_training(student, training_case(84), 2)
    wrong = sum(call[3] for call in calls_on_test_images(calls))
    assert_that(
        wrong == 0, f"train_and_track: expected no graph for batches of test images, found one in {wrong}: torch.no_grad()."
    )


@pytest.mark.question("Q8", points=1)
def test_training_runs_in_train_mode(student):
    """train_and_track trains in train mode from the first batch to the last, and leaves the model in train mode."""
    _, _, training_after, calls = run_training(student, training_case(85), 3, dropout=0.5, starts_in_train_mode=False)
    modes = [call[2] for call in calls if not call[0]]
    assert_equal(len(modes), 78, what="the number of training batches that the model saw in 3 epochs of 26")
    wrong = modes.count(False)
    assert_that(wrong == 0, f"train_and_track: expected train mode for all 78 training batches, found eval mode in {wrong}.")
    assert_equal(training_after, True, what="model.training afterwards")


# --- Q9: both networks ------------------------------------------------------------------------------------------------------------


@probe(returns=(object, (float, float)))
def trained_both(train_both, images, labels):
    """Train two linear layers; what train_both returned, and how far each layer's weights moved."""
    from torch.utils.data import DataLoader, TensorDataset

    nets = [nn.Sequential(nn.Flatten(), nn.Linear(784, 10)) for _ in range(2)]
    before = [net[1].weight.detach().clone() for net in nets]
    loader = DataLoader(TensorDataset(images, labels), batch_size=2)
    returned = train_both(nets[0], nets[1], loader, loader, epochs=1)
    return returned, tuple(float((net[1].weight.detach() - weight).abs().max()) for net, weight in zip(nets, before, strict=True))


@pytest.mark.question("Q9", points=1)
def test_both_networks_are_trained_and_tracked(student):
    """train_both trains both networks in place and returns {"dnn": three lists, "cnn": three lists}."""
    random = torch.Generator().manual_seed(9)
    images, labels = torch.rand(102, 1, 28, 28, generator=random), torch.randint(10, (102,), generator=random)
    returned, moved = trained_both(student, student.train_both, images, labels)
    assert_that(
        isinstance(returned, dict) and set(returned) == {"dnn", "cnn"},
        f'train_both: expected a dict with the keys "dnn" and "cnn", found {returned!r:.200}.',
    )
    for name in ("dnn", "cnn"):
        lists = returned[name]
        assert_that(
            isinstance(lists, (tuple, list)) and len(lists) == 3 and all(isinstance(entry, (tuple, list)) for entry in lists),
            f'train_both(...)["{name}"]: expected three lists (losses, iterations, accuracies), found {lists!r:.200}.',
        )
        assert_equal(list(lists[1]), [50], what=f'the iterations of train_both(...)["{name}"], one epoch of 51 batches')
    for which, distance in zip(("first", "second"), moved, strict=True):
        assert_that(
            math.isfinite(distance), f"train_both: expected finite weights in the {which} network, found nan after training."
        )
        assert_that(distance > 0, f"train_both: expected the {which} network to be trained, found its weights unchanged.")


@probe(returns=(object, {"dnn": float, "cnn": float}))
def histories_and_accuracies(train_both, images, labels, test_images, test_labels):
    """Train two different layers for 50 iterations; what train_both returned, and how many percent each layer then gets right."""
    from torch.utils.data import DataLoader, TensorDataset

    nets = {
        "dnn": nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
        "cnn": nn.Sequential(nn.AvgPool2d(14), nn.Flatten(), nn.Linear(4, 10)),
    }
    loader = DataLoader(TensorDataset(images, labels), batch_size=4)
    test_loader = DataLoader(TensorDataset(test_images, test_labels), batch_size=7)
    returned = train_both(nets["dnn"], nets["cnn"], loader, test_loader, epochs=2, lr=0.01)
    with torch.no_grad():
        right = {name: 100 * float((net(test_images).argmax(1) == test_labels).float().mean()) for name, net in nets.items()}
    return returned, right


@pytest.mark.question("Q9", points=1)
def test_each_history_is_its_own_networks(student):
    """In train_both "dnn" has the accuracies of the first network and "cnn" those of the second, for as many epochs as were asked for."""
    random = torch.Generator().manual_seed(99)
    labels = torch.arange(100) % 10
    images = torch.rand(100, 1, 28, 28, generator=random) / 4 + labels.view(-1, 1, 1, 1) / 10  # brighter, the greater the label
    test_images, test_labels = images[:30] + torch.rand(30, 1, 28, 28, generator=random) / 10, labels[:30]
    returned, right = histories_and_accuracies(student, student.train_both, images, labels, test_images, test_labels)
    tracked = []
    for name in ("dnn", "cnn"):
        lists = returned.get(name) if isinstance(returned, dict) else None
        assert_that(
            isinstance(lists, (tuple, list)) and len(lists) == 3 and isinstance(lists[2], (tuple, list)) and len(lists[2]) == 1,
            f'train_both(..., epochs=2)["{name}"], 50 iterations: expected three lists with one entry each, found {lists!r:.200}.',
        )
        tracked.append(lists[2][0])
    assert_close(tracked, [right["dnn"], right["cnn"]], atol=1e-3, what='the accuracies after iteration 50 under "dnn" and "cnn"')


def train_them(data, dnn, cnn, train_both):
    """Runs where your code runs: your networks and your loop, on Fashion-MNIST; gently, where the epochs are few."""
    data.networks = {"dnn": dnn().to(data.device), "cnn": cnn().to(data.device)}
    lr = 0.001 if data.epochs >= 5 else 0.0005
    return train_both(*data.networks.values(), data.loader, data.held_out_loader, epochs=data.epochs, lr=lr)


@pytest.mark.question("Q9", points=2)
@pytest.mark.training("both")
def test_dnn_learns_fashion_mnist(student, training):
    """Trained by your train_both, your FashionDNN gets most images right that it has never seen."""
    training.own_loop(train_them, student.FashionDNN, student.FashionCNN, student.train_both)
    training.demand("dnn")


@pytest.mark.question("Q9", points=3)
@pytest.mark.training("both")
def test_cnn_learns_fashion_mnist(student, training):
    """Trained by your train_both, your FashionCNN gets most images right that it has never seen."""
    training.own_loop(train_them, student.FashionDNN, student.FashionCNN, student.train_both)
    training.demand("cnn")


@pytest.mark.question("Q9", points=2)
@pytest.mark.training("both")
def test_cnn_is_better_than_dnn(student, training):
    """Your FashionCNN gets more images right than your FashionDNN."""
    training.own_loop(train_them, student.FashionDNN, student.FashionCNN, student.train_both)
    training.demand("cnn-dnn")
