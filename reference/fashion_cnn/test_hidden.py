"""Hidden checks of fashion_cnn."""

import ast
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from grader import assert_close, assert_equal, assert_shape, assert_that, forward, probe
from test_public import (
    CNN_WEIGHTS,
    DNN_WEIGHTS,
    SLIDING,
    adam_on_cross_entropy,
    cnn_scores,
    dnn_scores,
    library_conv2d,
    random_images,
    randomised,
    run_training,
    training_case,
)

# --- Q1 to Q5: by hand ------------------------------------------------------------------------------------------------------------


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


@pytest.mark.question("Q1", points=2)
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


@pytest.mark.question("Q2", points=2)
@given(W=st.integers(1, 40), part=st.floats(0, 1), P=st.integers(0, 3), S=st.integers(1, 5))
@example(W=5, part=1.0, P=2, S=1)  # just fits, because there is padding on both sides
def test_conv_output_size_agrees_with_torch(student, W, part, P, S):
    """conv_output_size agrees with torch for every filter that fits, also where the stride does not come out even."""
    side = 1 + round(part * (W + 2 * P - 1))  # 1 to W + 2P, both included
    there = F.conv1d(torch.ones(1, 1, W), torch.ones(1, 1, side), padding=P, stride=S)
    assert_equal(student.conv_output_size(W, side, P, S), there.shape[-1], what=f"conv_output_size({W}, {side}, {P}, {S})")


@pytest.mark.question("Q2", points=1)
@given(W=st.integers(1, 40), part=st.floats(0, 1), S=st.integers(1, 5))
def test_pool_output_size_agrees_with_torch(student, W, part, S):
    """pool_output_size agrees with torch for every window that fits."""
    side = 1 + round(part * (W - 1))
    there = F.max_pool1d(torch.ones(1, 1, W), side, stride=S)
    assert_equal(student.pool_output_size(W, side, S), there.shape[-1], what=f"pool_output_size({W}, {side}, {S})")


@pytest.mark.question("Q2", points=1)
@given(
    W=st.integers(1, 30), H=st.integers(1, 30), D=st.integers(1, 4), K=st.integers(1, 9), S=st.integers(1, 4), P=st.integers(0, 3)
)
def test_conv_output_shape_agrees_with_torch(student, W, H, D, K, S, P):
    """conv_output_shape agrees with torch for images that are not square, other depths, strides and paddings."""
    side = min(W, H, 3)
    wide, high = (F.conv1d(torch.ones(1, 1, n), torch.ones(1, 1, side), padding=P, stride=S).shape[-1] for n in (W, H))
    what = f"conv_output_shape(({W}, {H}, {D}), {K}, {side}, {S}, {P})"
    assert_equal(student.conv_output_shape((W, H, D), K, side, S, P), (wide, high, K), what=what)


@pytest.mark.question("Q3", points=2)
@given(
    channels=st.integers(1, 5),
    filters=st.integers(1, 4),
    side=st.integers(1, 3),
    size=st.tuples(st.integers(3, 6), st.integers(3, 6)),
)
def test_conv2d_rgb_of_any_size(student, channels, filters, side, size):
    """conv2d_rgb agrees with torch for any number of channels and filters, and images that are not square."""
    rng = np.random.default_rng(34)
    image, kernels = rng.normal(size=(channels, *size)), rng.normal(size=(filters, channels, side, side))
    expected = F.conv2d(torch.tensor(image)[None], torch.tensor(kernels))[0].numpy()
    assert_close(student.conv2d_rgb(image, kernels), expected, what=f"conv2d_rgb of {image.shape} with {kernels.shape}")


@pytest.mark.question("Q4", points=2)
@given(size=st.integers(1, 4), stride=st.integers(1, 4), height=st.integers(4, 9), width=st.integers(4, 9), whole=st.booleans())
def test_pooling_of_any_size(student, size, stride, height, width, whole):
    """Both poolings agree with torch for any window, stride and image, of fractions or of whole numbers."""
    rng = np.random.default_rng(45)
    image = rng.integers(-9, 9, size=(height, width)) if whole else rng.normal(size=(height, width))
    there = torch.tensor(image).double()[None, None]
    what = f"of {height}×{width}, size {size}, stride {stride}, type {image.dtype}"
    assert_close(
        student.max_pool2d(image, size, stride), F.max_pool2d(there, size, stride)[0, 0].numpy(), what=f"max_pool2d {what}"
    )
    assert_close(
        student.avg_pool2d(image, size, stride), F.avg_pool2d(there, size, stride)[0, 0].numpy(), what=f"avg_pool2d {what}"
    )


@pytest.mark.question("Q5", points=1.5)
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


@pytest.mark.question("Q5", points=1)
@given(sides=st.tuples(*[st.integers(1, 3)] * 3), extra=st.tuples(*[st.integers(0, 3)] * 3), channels=st.integers(1, 4))
def test_conv3d_and_pointwise_conv_of_any_size(student, sides, extra, channels):
    """conv3d and pointwise_conv agree with torch for volumes, filters and images of any size."""
    rng = np.random.default_rng(54)
    volume, kernel = rng.normal(size=[side + more for side, more in zip(sides, extra, strict=True)]), rng.normal(size=sides)
    expected = F.conv3d(torch.tensor(volume)[None, None], torch.tensor(kernel)[None, None])[0, 0].numpy()
    assert_close(student.conv3d(volume, kernel), expected, what=f"conv3d of {volume.shape} with {sides}")
    image, weights = rng.normal(size=(channels, *sides[:2])), rng.normal(size=(sides[2], channels))
    expected = torch.einsum("kc,chw->khw", torch.tensor(weights), torch.tensor(image)).numpy()
    assert_close(student.pointwise_conv(image, weights), expected, what=f"pointwise_conv of {image.shape} with {weights.shape}")


# --- Q6 and Q7: the networks ------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=1.5)
def test_dnn_scores_with_other_weights(student):
    """FashionDNN gives the right scores in eval mode for other weights and another number of images."""
    net = student.FashionDNN()
    state, layers = randomised(student, net, 65, DNN_WEIGHTS)
    images = random_images(7, 65)
    assert_close(forward(student, net, images), dnn_scores(images, state, layers), what="FashionDNN()(images) in eval mode")


@pytest.mark.question("Q7", points=2)
def test_cnn_scores_with_other_weights(student):
    """FashionCNN gives the right scores in eval mode for other weights and another number of images."""
    net = student.FashionCNN()
    state, layers = randomised(student, net, 77, CNN_WEIGHTS)
    images = random_images(5, 77)
    assert_close(forward(student, net, images), cnn_scores(images, state, layers), what="FashionCNN()(images) in eval mode")


# --- Q8: training -----------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q8", points=1)
def test_tracking_of_a_longer_run(student):
    """Six epochs of 26 batches, with lr=0.002, give three entries in each list, with the losses of Adam on the cross-entropy."""
    _, losses = adam_on_cross_entropy(88, 6, 0.002)
    returned, _, _, _ = run_training(student, training_case(88), 6, lr=0.002)
    assert_that(
        isinstance(returned, (tuple, list)) and len(returned) == 3,
        f"train_and_track: expected (losses, iterations, accuracies), found {returned!r:.200}.",
    )
    assert_close(returned[0], np.array(losses[49::50]), rtol=1e-3, atol=1e-4, what="losses with lr=0.002")
    assert_equal(list(returned[1]) if isinstance(returned[1], (list, tuple)) else returned[1], [50, 100, 150], what="iterations")
    assert_shape(returned[2], (3,), what="accuracies")


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
    """train_and_track brings images and labels together with the model and its scores, on whatever device the model is."""
    random = torch.Generator().manual_seed(86)
    images, labels = torch.rand(50, 1, 28, 28, generator=random), torch.randint(10, (50,), generator=random)
    found = accuracies_of_a_model_elsewhere(student, student.train_and_track, images, labels)
    assert_shape(found, (1,), what="accuracies of 2 epochs of 25 batches")


# --- Q9: both networks ------------------------------------------------------------------------------------------------------------


@probe(returns=(object, (float, float)))
def both_trained_for(train_both, images, labels, epochs, lr):
    """What train_both returned for two linear layers, and how far each one's weights moved."""
    from torch.utils.data import DataLoader, TensorDataset

    nets = [nn.Sequential(nn.Flatten(), nn.Linear(784, 10)) for _ in range(2)]
    before = [net[1].weight.detach().clone() for net in nets]
    loader = DataLoader(TensorDataset(images, labels), batch_size=4)
    returned = train_both(*nets, loader, loader, epochs, lr)
    return returned, tuple(float((net[1].weight.detach() - weight).abs().max()) for net, weight in zip(nets, before, strict=True))


@pytest.mark.question("Q9", points=1)
def test_both_networks_get_epochs_and_lr(student):
    """train_both hands epochs and lr on: 4 epochs of 25 batches give two entries a network, and a tiny lr hardly moves a weight."""
    random = torch.Generator().manual_seed(91)
    images, labels = torch.rand(100, 1, 28, 28, generator=random), torch.randint(10, (100,), generator=random)
    returned, moved = both_trained_for(student, student.train_both, images, labels, 4, 1e-7)
    for name in ("dnn", "cnn"):
        lists = returned.get(name) if isinstance(returned, dict) else None
        three = isinstance(lists, (tuple, list)) and len(lists) == 3 and isinstance(lists[1], (tuple, list))
        assert_that(three, f'train_both(...)["{name}"]: expected three lists, found {lists!r:.200}.')
        assert_equal(list(lists[1]), [50, 100], what=f'the iterations of train_both(..., epochs=4)["{name}"], 25 batches an epoch')
    for name, distance in zip(("dnn", "cnn"), moved, strict=True):
        # a step of Adam moves a weight by lr at the most, give or take a little
        small = 0 < distance < 2e-5
        assert_that(
            small, f"{name}, 100 steps of Adam with lr=1e-7: expected weights to move by 1e-5 at the most, found {distance:.1e}."
        )
