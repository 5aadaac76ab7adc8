"""Hidden checks of fashion_cnn."""

import ast
import functools
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from grader import (
    assert_close,
    assert_equal,
    assert_gradients,
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
from grader.probes import forward

# --- Q1 to Q5: by hand ------------------------------------------------------------------------------------------------------------

# A function of a library with one of these names convolves, pools, or cuts an image into windows for that.
SLIDING = {
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "conv_tbc", "convolution",
    "_convolution", "Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d", "unfold", "Unfold", "im2col",
    "convolve", "convolve1d", "convolve2d", "correlate", "correlate1d", "correlate2d", "fftconvolve", "oaconvolve", "lfilter",
    "filter2D", "sepFilter2D", "avg_pool2d", "adaptive_avg_pool2d", "max_pool2d", "adaptive_max_pool2d",
    "max_pool2d_with_indices", "block_reduce", "sliding_window_view",
}  # fmt: skip


def library_conv2d(image, kernel, stride=1, padding=0):
    """What torch makes of one filter on one image, as a numpy array."""
    image, kernel = torch.tensor(image), torch.tensor(kernel)
    return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0].numpy()


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


@probe(returns=(dict, dict, set))
def sources_reached_from(function):
    """The source of `function` and of the student's own functions and methods that it uses, and two tables of the names in them.

    What the global names stand for that are not the student's own; and the own functions that are reached as attributes.
    """
    import inspect
    import sys
    import types

    foreign = {"numpy", "scipy", "torch", "torchvision", "cv2", "skimage", "jax", "tensorflow", *sys.stdlib_module_names}

    def is_own(value):
        home = getattr(value, "__name__" if isinstance(value, types.ModuleType) else "__module__", None)
        return isinstance(value, (types.FunctionType, type, types.ModuleType)) and str(home).partition(".")[0] not in foreign

    sources, stands_for, attributes, pending = {}, {}, set(), [function]
    while pending:
        current = inspect.unwrap(pending.pop())
        name = f"{getattr(current, '__module__', '')}.{getattr(current, '__qualname__', repr(current))}"
        if name in sources:
            continue
        try:
            sources[name] = inspect.getsource(current)
        except (OSError, TypeError):
            sources[name] = ""
        codes = [current.__code__] if isinstance(current, types.FunctionType) else []
        while codes:
            code = codes.pop()
            codes.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
            for used in code.co_names:
                value = current.__globals__.get(used)
                if not is_own(value):
                    if value is not None:
                        stands_for[used] = str(getattr(value, "__name__", ""))
                elif isinstance(value, types.FunctionType):
                    pending.append(value)
                else:  # a class or a module
                    for inside, part in vars(value).items():
                        part = inspect.unwrap(getattr(part, "__func__", part))
                        # what a decorator generated, such as a dataclass's __init__, has no source
                        written = isinstance(part, types.FunctionType) and part.__code__.co_filename != "<string>"
                        if written and is_own(part) and (isinstance(value, type) or inside in code.co_names):
                            attributes.add(inside)
                            pending.append(part)
    return sources, stands_for, attributes


def sliding_functions_named(source, stands_for, own):
    """The sliding functions of libraries that a piece of source names: `F.conv2d`, an import of it, or another name for it."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        if isinstance(node, ast.Attribute) and node.attr in SLIDING:
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            of_a_library = isinstance(root, ast.Name) and root.id in stands_for
            if node.attr in own and not of_a_library:
                continue  # its source is read too
            found.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names if alias.name in SLIDING)
        elif isinstance(node, ast.Name) and stands_for.get(node.id) in SLIDING:
            found.add(stands_for[node.id])
    return found


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
@given(
    height=st.integers(4, 9), width=st.integers(4, 9), side=st.integers(1, 4), stride=st.integers(1, 3), padding=st.integers(0, 2)
)
def test_conv2d_with_any_stride_and_padding(student, height, width, side, stride, padding):
    """conv2d drops the last rows and columns where the stride does not come out even."""
    rng = np.random.default_rng(13)
    image, kernel = rng.normal(size=(height, width)), rng.normal(size=(side, side))
    assert_close(
        student.conv2d(image, kernel, stride, padding),
        library_conv2d(image, kernel, stride, padding),
        what=f"conv2d of {height}×{width} with {side}×{side}, stride {stride}, padding {padding}",
    )


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


@pytest.mark.question("Q1", points=3)
def test_conv2d_names_no_library_convolution(student):
    """The source of conv2d names no convolution of a library."""
    rng = np.random.default_rng(16)
    image, kernel = rng.normal(size=(4, 5)), rng.normal(size=(2, 2))
    assert_close(student.conv2d(image, kernel), library_conv2d(image, kernel), what="conv2d of 4×5 with 2×2")
    sources, stands_for, own = sources_reached_from(student, student.conv2d)
    named = set()
    for name, source in sources.items():
        try:
            named |= sliding_functions_named(str(source), stands_for, own)
        except (SyntaxError, ValueError):
            source = ""
        assert_that(
            source != "", f"{name}: expected source to look at, found none.", hint="Define it with `def` in conv_by_hand.py."
        )
    assert_that(
        not named,
        f"conv2d: expected loops and slices of your own, found {', '.join(sorted(named))} in its source.",
        hint="Go through the places of the window yourself; library functions that slide a window are refused in this file.",
    )


@pytest.mark.question("Q1", points=3)
def test_conv2d_runs_no_library_convolution(student):
    """No convolution of a library runs while conv2d does."""
    rng = np.random.default_rng(17)
    image, kernel = rng.normal(size=(4, 5)), rng.normal(size=(2, 3))
    assert_by_hand(student, student.conv2d, "conv2d of 4×5 with 2×3", library_conv2d(image, kernel), image, kernel)


@pytest.mark.question("Q2", points=2)
@given(W=st.integers(1, 40), part=st.floats(0, 1), P=st.integers(0, 3), S=st.integers(1, 5))
@example(W=5, part=1.0, P=2, S=1)  # just fits, because there is padding on both sides
def test_conv_output_size_agrees_with_torch(student, W, part, P, S):
    """conv_output_size agrees with torch for every filter that fits, also where the stride does not come out even."""
    side = 1 + round(part * (W + 2 * P - 1))  # 1 to W + 2P, both included
    there = F.conv1d(torch.ones(1, 1, W), torch.ones(1, 1, side), padding=P, stride=S)
    assert_equal(student.conv_output_size(W, side, P, S), there.shape[-1], what=f"conv_output_size({W}, {side}, {P}, {S})")


@pytest.mark.question("Q2", points=2)
@given(W=st.integers(1, 40), part=st.floats(0, 1), S=st.integers(1, 5))
def test_pool_output_size_agrees_with_torch(student, W, part, S):
    """pool_output_size agrees with torch for every window that fits."""
    side = 1 + round(part * (W - 1))
    there = F.max_pool1d(torch.ones(1, 1, W), side, stride=S)
    assert_equal(student.pool_output_size(W, side, S), there.shape[-1], what=f"pool_output_size({W}, {side}, {S})")


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


@pytest.mark.question("Q3", points=2)
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


@pytest.mark.question("Q3", points=3)
def test_conv2d_rgb_runs_no_library_convolution(student):
    """No convolution of a library runs while conv2d_rgb does."""
    rng = np.random.default_rng(32)
    image, kernels = rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 3, 2, 2))
    expected = F.conv2d(torch.tensor(image)[None], torch.tensor(kernels))[0].numpy()
    assert_by_hand(student, student.conv2d_rgb, "conv2d_rgb of (3, 4, 5) with (2, 3, 2, 2)", expected, image, kernels)


@pytest.mark.question("Q4", points=2)
def test_pooling_with_windows_that_overlap(student):
    """Both poolings work with a window of 3, a stride of 2, and an image that is not square."""
    image = np.random.default_rng(41).normal(size=(5, 9))
    there = torch.tensor(image)[None, None]
    assert_close(student.max_pool2d(image, 3, 2), F.max_pool2d(there, 3, 2)[0, 0].numpy(), what="max_pool2d(image, 3, 2)")
    assert_close(student.avg_pool2d(image, 3, 2), F.avg_pool2d(there, 3, 2)[0, 0].numpy(), what="avg_pool2d(image, 3, 2)")


@pytest.mark.question("Q4", points=1.5)
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


@pytest.mark.question("Q4", points=2.5)
def test_pooling_runs_no_library_pooling(student):
    """No pooling of a library runs while max_pool2d or avg_pool2d does."""
    image = np.random.default_rng(44).normal(size=(4, 6))
    there = torch.tensor(image)[None, None]
    assert_by_hand(student, student.max_pool2d, "max_pool2d of 4×6", F.max_pool2d(there, 2)[0, 0].numpy(), image)
    assert_by_hand(student, student.avg_pool2d, "avg_pool2d of 4×6", F.avg_pool2d(there, 2)[0, 0].numpy(), image)


@pytest.mark.question("Q5", points=2)
@given(length=st.integers(3, 12), side=st.integers(1, 3), stride=st.integers(1, 3), padding=st.integers(0, 2))
def test_conv1d_with_any_stride_and_padding(student, length, side, stride, padding):
    """conv1d agrees with torch for every stride and padding."""
    rng = np.random.default_rng(51)
    signal, kernel = rng.normal(size=length), rng.normal(size=side)
    expected = F.conv1d(torch.tensor(signal)[None, None], torch.tensor(kernel)[None, None], stride=stride, padding=padding)
    assert_close(
        student.conv1d(signal, kernel, stride, padding),
        expected[0, 0].numpy(),
        what=f"conv1d of {length} values with {side}, stride {stride}, padding {padding}",
    )


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


@pytest.mark.question("Q5", points=2)
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

DNN_WEIGHTS = {"first linear": (256, 784), "second linear": (128, 256), "third linear": (10, 128)}
CNN_WEIGHTS = {
    "first convolution": (32, 1, 3, 3),
    "first BatchNorm": (32,),
    "second convolution": (64, 32, 3, 3),
    "second BatchNorm": (64,),
    "first linear": (600, 2304),
    "second linear": (120, 600),
    "third linear": (10, 120),
}


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


def assert_scores(scores, n, what):
    """Scores to calculate with: a tensor of shape (n, 10), or the check fails."""
    assert_shape(scores, (n, 10), what=what)
    assert_that(isinstance(scores, torch.Tensor), f"{what}: expected a tensor, found another kind of array.", evidence=scores)


def linear(x, state, prefix):
    return F.linear(x, state[prefix + "weight"], state[prefix + "bias"])


def dnn_scores(images, state, layers):
    """FashionDNN in eval mode: (N, 1, 28, 28) to (N, 10)."""
    x = torch.relu(linear(images.flatten(1), state, layers["first linear"]))
    x = torch.relu(linear(x, state, layers["second linear"]))
    return linear(x, state, layers["third linear"])


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


def parameter_gradients(scores, images, state, layers, cotangent):
    """d(Σ scores · cotangent) / d(each parameter), by autograd in float64: {the student's name: gradient}."""
    state = {name: value.double() for name, value in state.items()}
    names = [prefix + kind for prefix in layers.values() for kind in ("weight", "bias")]
    for name in names:
        state[name].requires_grad_()
    (scores(images.double(), state, layers) * cotangent.double()).sum().backward()
    return {name: state[name].grad for name in names}


def random_images(n, seed):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def two_units_a_score(state, layers):
    """Weights under which score j is the sum of what enters the second linear layer at 2j and at 2j + 1, if not negative."""
    second, third = layers["second linear"], layers["third linear"]
    weights = {prefix + kind: torch.zeros_like(state[prefix + kind]) for prefix in (second, third) for kind in ("weight", "bias")}
    for j in range(10):
        weights[second + "weight"][j, [2 * j, 2 * j + 1]] = 1.0
        weights[third + "weight"][j, j] = 1.0
    return weights


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


@pytest.mark.question("Q6", points=4)
def test_dnn_scores_with_known_weights(student):
    """FashionDNN gives the right scores in eval mode."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 61, DNN_WEIGHTS)
    images = random_images(5, 61)
    assert_close(forward(student, net, images), dnn_scores(images, state, layers), what="FashionDNN()(images) in eval mode")


@pytest.mark.question("Q6", points=2)
def test_dnn_drops_a_quarter_after_the_first_layer(student):
    """In train mode, a quarter of the first layer's activations is dropped and the rest scaled by 4/3."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 62, DNN_WEIGHTS)
    bias = layers["first linear"] + "bias"
    state[bias] += 5.0  # so that no activation is cut off at 0
    load_state(student, net, {bias: state[bias]} | two_units_a_score(state, layers))
    images = random_images(200, 62)
    units = torch.relu(linear(images.flatten(1), state, layers["first linear"]))[:, :20]
    assert_dropped_by_a_quarter(forward(student, net, images, train=True), units, "FashionDNN()(images) in train mode")


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


@pytest.mark.question("Q7", points=4)
def test_cnn_scores_with_known_weights(student):
    """FashionCNN gives the right scores in eval mode."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 71, CNN_WEIGHTS)
    images = random_images(3, 71)
    assert_close(forward(student, net, images), cnn_scores(images, state, layers), what="FashionCNN()(images) in eval mode")


@pytest.mark.question("Q7", points=2)
def test_cnn_batchnorm_learns_its_statistics(student):
    """A pass in train mode moves the running mean and variance of both BatchNorm layers as it should."""
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


@pytest.mark.question("Q7", points=2)
def test_cnn_ends_in_linear_layers_alone(student):
    """The three linear layers follow each other without an activation."""
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
    """In train mode, a quarter of the first linear layer's outputs is dropped and the rest scaled by 4/3."""
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


def run_training(student, case, epochs, **options):
    (weight, bias), data, test_data = case
    options = {"dropout": 0.0, "starts_in_train_mode": True} | options
    return trained(student, student.train_and_track, weight, bias, data, test_data, epochs, options)


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


@functools.cache  # the same for every submission
def adam_on_cross_entropy(seed, epochs, lr):
    """The weight of a linear layer trained in batches of 4 by Adam as published, in float64, and the loss before each step."""
    start, data, _ = training_case(seed)
    values = [value.double().requires_grad_() for value in start]
    means, squares = [torch.zeros_like(v) for v in values], [torch.zeros_like(v) for v in values]
    losses = []
    batches = list(zip(data[0].double().flatten(1).split(4), data[1].split(4), strict=True)) * epochs
    for step, (images, labels) in enumerate(batches, start=1):
        loss = F.cross_entropy(F.linear(images, *values), labels)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, values)
        with torch.no_grad():
            for value, gradient, mean, square in zip(values, gradients, means, squares, strict=True):
                mean.mul_(0.9).add_(0.1 * gradient)
                square.mul_(0.999).add_(0.001 * gradient**2)
                value -= lr * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return values[0].detach().float(), losses


@pytest.mark.question("Q8", points=2)
def test_training_follows_adam_on_the_cross_entropy(student):
    """The losses and the trained weights are those of Adam on the cross-entropy, with the lr given and with 0.001 by default."""
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


@pytest.mark.question("Q8", points=2)
def test_accuracy_counts_every_test_image_once(student):
    """The accuracy is 100 · right / all, in eval mode, also where the last batch is smaller."""
    returned, _, _, _ = run_training(student, training_case(82), 2, lr=1e-9, dropout=0.9)
    assert_that(
        isinstance(returned, (tuple, list)) and len(returned) == 3,
        f"train_and_track: expected (losses, iterations, accuracies), found {returned!r:.200}.",
    )
    assert_close(returned[2], np.array([600 / 11]), rtol=1e-4, what="accuracies, with 6 of 11 test images right")


@pytest.mark.question("Q8", points=1.5)
def test_accuracy_is_measured_in_eval_mode(student):
    """The model sees test images in eval mode only."""
    _, _, _, calls = run_training(student, training_case(83), 2, dropout=0.5)
    wrong = sum(call[2] for call in calls_on_test_images(calls))
    assert_that(wrong == 0, f"train_and_track: expected eval mode for every batch of test images, found train mode in {wrong}.")


@pytest.mark.question("Q8", points=1)
def test_accuracy_is_measured_without_a_graph(student):
    """No graph is made for test images."""
    _, _, _, calls = run_training(student, training_case(84), 2)
    wrong = sum(call[3] for call in calls_on_test_images(calls))
    assert_that(
        wrong == 0, f"train_and_track: expected no graph for batches of test images, found one in {wrong}: torch.no_grad()."
    )


@pytest.mark.question("Q8", points=1)
def test_training_runs_in_train_mode(student):
    """Training runs in train mode from the first batch to the last, and the model is left in train mode."""
    _, _, training_after, calls = run_training(student, training_case(85), 3, dropout=0.5, starts_in_train_mode=False)
    modes = [call[2] for call in calls if not call[0]]
    assert_equal(len(modes), 78, what="the number of training batches that the model saw in 3 epochs of 26")
    wrong = modes.count(False)
    assert_that(wrong == 0, f"train_and_track: expected train mode for all 78 training batches, found eval mode in {wrong}.")
    assert_equal(training_after, True, what="model.training afterwards")


@probe
def accuracies_of_a_model_elsewhere(train_and_track, images, labels):
    """The accuracies of a model on a device that is not that of the batches, as a CPU alone can act it.

    Batches are `There` and become `Here` by `.to(device)`, as the model's scores are. Like a GPU's and a CPU's, the two do not calculate
    with each other; what comes back by `.cpu()` goes with both.
    """
    from torch.utils.data import DataLoader, TensorDataset

    two_devices = "Expected all tensors to be on the same device, but found at least two devices"

    def places_of(values):
        inside = [places_of(value) if isinstance(value, (list, tuple)) else {type(value)} for value in values]
        return set().union(*inside) & {There, Here}

    class Place(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            others = [*args[1:], *(kwargs or {}).values()]
            name = getattr(function, "__name__", "")
            moves = name == "to" and any(isinstance(value, (str, torch.device, torch.Tensor)) for value in others)
            if not moves and places_of([*args, *others]) == {There, Here}:
                raise RuntimeError(two_devices)
            out = super().__torch_function__(function, types, args, kwargs or {})
            if moves:
                return out.as_subclass(Here if type(args[0]) is There else torch.Tensor)
            return out.as_subclass(torch.Tensor) if name == "cpu" and type(args[0]) is Here else out

    class There(Place):
        pass

    class Here(Place):
        pass

    class Elsewhere(nn.Linear):
        def forward(self, x):
            if isinstance(x, There):
                raise RuntimeError(two_devices)
            return super().forward(x.flatten(1).as_subclass(torch.Tensor)).as_subclass(Here)

    def collate(pairs):
        return tuple(torch.stack(part).as_subclass(There) for part in zip(*pairs, strict=True))

    loader = DataLoader(TensorDataset(images, labels), batch_size=2, collate_fn=collate)
    return [float(accuracy) for accuracy in train_and_track(Elsewhere(784, 10), loader, loader, 2)[2]]


@pytest.mark.question("Q8", points=0.5)
def test_batches_go_to_the_models_device(student):
    """Images and labels are brought together with the model and its scores, on whatever device the model is."""
    random = torch.Generator().manual_seed(86)
    images, labels = torch.rand(50, 1, 28, 28, generator=random), torch.randint(10, (50,), generator=random)
    found = accuracies_of_a_model_elsewhere(student, student.train_and_track, images, labels)
    assert_shape(found, (1,), what="accuracies of 2 epochs of 25 batches")


# --- Q9: both networks ------------------------------------------------------------------------------------------------------------


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


@pytest.mark.question("Q9", points=2)
def test_each_history_is_its_own_networks(student):
    """The accuracies under "dnn" are the first network's, those under "cnn" the second's, after as many epochs as were asked for."""
    random = torch.Generator().manual_seed(99)
    labels = torch.arange(100) % 10
    images = torch.rand(100, 1, 28, 28, generator=random) / 4 + labels.view(-1, 1, 1, 1) / 10  # brighter, the greater the label
    test_images, test_labels = images[:30] + torch.rand(30, 1, 28, 28, generator=random) / 10, labels[:30]
    returned, right = histories_and_accuracies(student, student.train_both, images, labels, test_images, test_labels)
    for name in ("dnn", "cnn"):
        lists = returned.get(name) if isinstance(returned, dict) else None
        assert_that(
            isinstance(lists, (tuple, list)) and len(lists) == 3 and isinstance(lists[2], (tuple, list)) and len(lists[2]) == 1,
            f'train_both(..., epochs=2)["{name}"], 50 iterations: expected three lists with one entry each, found {lists!r:.200}.',
        )
        assert_close(lists[2][0], right[name], atol=1e-3, what=f'the accuracy after iteration 50 under "{name}"')
