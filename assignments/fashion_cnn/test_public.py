"""Public checks of fashion_cnn: read them, run them with `grader check`."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grader import (
    assert_close,
    assert_equal,
    assert_parameters,
    assert_shape,
    assert_that,
    parameters_of,
    probe,
)
from grader.probes import forward

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


def library_conv2d(image, kernel):
    """What torch makes of one filter on one image, as a numpy array."""
    return F.conv2d(torch.tensor(image)[None, None], torch.tensor(kernel)[None, None])[0, 0].numpy()


@pytest.mark.question("Q1", points=1.5)
def test_conv2d_of_the_worked_example(student):
    """conv2d turns the 6×6 example into the 4×4 map of the handout."""
    assert_close(student.conv2d(IMAGE, CROSS), MAP, what="conv2d(image, kernel)")


@pytest.mark.question("Q1", points=2)
def test_conv2d_of_a_wide_image_and_a_lopsided_kernel(student):
    """conv2d is right where the image is not square and the kernel not symmetric."""
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(5, 9)), rng.normal(size=(3, 2))
    assert_close(student.conv2d(image, kernel), library_conv2d(image, kernel), what="conv2d of 5×9 with 3×2")


@pytest.mark.question("Q2", points=2)
def test_conv_output_size_of_known_layers(student):
    """conv_output_size gives the sizes of well-known layers."""
    sizes = {(227, 11, 0, 4): 55, (28, 3, 1, 1): 28, (32, 5, 2, 1): 32, (14, 3, 0, 1): 12, (7, 2, 0, 2): 3}
    for arguments, expected in sizes.items():
        assert_equal(student.conv_output_size(*arguments), expected, what=f"conv_output_size{arguments}")


@pytest.mark.question("Q2", points=2)
def test_conv_output_shape_of_known_layers(student):
    """conv_output_shape gives width, height and the number of filters, also where the image is not square."""
    cases = {
        ((227, 227, 3), 96, 11, 4, 0): (55, 55, 96),
        ((28, 28, 1), 32, 3, 1, 1): (28, 28, 32),
        ((640, 480, 3), 64, 7, 2, 3): (320, 240, 64),
    }
    for arguments, expected in cases.items():
        assert_equal(student.conv_output_shape(*arguments), expected, what=f"conv_output_shape{arguments}")


@pytest.mark.question("Q3", points=3)
def test_conv2d_rgb_of_a_colour_image(student):
    """conv2d_rgb gives one map a filter for a colour image."""
    rng = np.random.default_rng(3)
    image, kernels = rng.normal(size=(3, 6, 8)), rng.normal(size=(4, 3, 3, 3))
    expected = F.conv2d(torch.tensor(image)[None], torch.tensor(kernels))[0].numpy()  # (4, 4, 6)
    assert_close(student.conv2d_rgb(image, kernels), expected, what="conv2d_rgb of (3, 6, 8) with (4, 3, 3, 3)")


@pytest.mark.question("Q3", points=1.5)
def test_conv2d_rgb_sums_the_channels(student):
    """One 1×1 filter of ones adds the three channels up."""
    image = np.arange(1.0, 37.0).reshape(3, 3, 4) ** 2
    expected = (image[0] + image[1] + image[2])[None]  # (1, 3, 4)
    assert_close(student.conv2d_rgb(image, np.ones((1, 3, 1, 1))), expected, what="conv2d_rgb with one 1×1 filter of ones")


@pytest.mark.question("Q4", points=1.5)
def test_max_pool2d_of_the_worked_example(student):
    """max_pool2d of the four blocks is 3, 12, 3, 4."""
    assert_close(student.max_pool2d(BLOCKS.astype(float)), np.array([[3.0, 12.0], [3.0, 4.0]]), what="max_pool2d(blocks)")


@pytest.mark.question("Q4", points=1.5)
def test_avg_pool2d_of_the_worked_example(student):
    """avg_pool2d of the four blocks of whole numbers is 0, 3, 0, 0.75."""
    assert_close(student.avg_pool2d(BLOCKS), np.array([[0.0, 3.0], [0.0, 0.75]]), what="avg_pool2d(blocks)")


@pytest.mark.question("Q5", points=1.5)
def test_conv1d_of_the_worked_examples(student):
    """conv1d smooths [1, 1, 1, 1, 1] to [1, 1, 1], and does not flip the filter [1, 2, 4]."""
    smoothed = student.conv1d(np.ones(5), np.array([0.25, 0.5, 0.25]))
    assert_close(smoothed, np.ones(3), what="conv1d([1, 1, 1, 1, 1], [0.25, 0.5, 0.25])")
    slid = student.conv1d(np.array([1.0, 0.0, 0.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    assert_close(slid, np.array([1.0, 12.0]), what="conv1d([1, 0, 0, 3], [1, 2, 4])")


@pytest.mark.question("Q5", points=2)
def test_conv3d_of_a_volume(student):
    """conv3d of a volume is a volume again, with the right values."""
    rng = np.random.default_rng(5)
    volume, kernel = rng.normal(size=(4, 5, 6)), rng.normal(size=(2, 3, 2))
    expected = F.conv3d(torch.tensor(volume)[None, None], torch.tensor(kernel)[None, None])[0, 0].numpy()  # (3, 3, 5)
    assert_close(student.conv3d(volume, kernel), expected, what="conv3d of (4, 5, 6) with (2, 3, 2)")


@pytest.mark.question("Q5", points=2)
def test_pointwise_conv_mixes_channels_alone(student):
    """pointwise_conv changes the number of channels and mixes each pixel by itself."""
    rng = np.random.default_rng(6)
    image, weights = rng.normal(size=(3, 4, 5)), rng.normal(size=(2, 3))
    expected = np.stack([w[0] * image[0] + w[1] * image[1] + w[2] * image[2] for w in weights])  # (2, 4, 5)
    assert_close(student.pointwise_conv(image, weights), expected, what="pointwise_conv of (3, 4, 5) with (2, 3)")
    whole = student.pointwise_conv(np.array([[[1, 2]], [[3, 5]]]), np.array([[2, 1]]))
    assert_close(whole, np.array([[[5.0, 9.0]]]), what="pointwise_conv of whole numbers, as floats")


# --- Q6 and Q7: the networks ------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=2)
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


# --- Q8: training -----------------------------------------------------------------------------------------------------------------


@probe
def tracked_lists(train_and_track, images, labels, test_images, test_labels, epochs):
    """Train one linear layer in batches of 2; what train_and_track returned."""
    from torch.utils.data import DataLoader, TensorDataset

    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    train_loader = DataLoader(TensorDataset(images, labels), batch_size=2)
    test_loader = DataLoader(TensorDataset(test_images, test_labels), batch_size=4)
    return train_and_track(model, train_loader, test_loader, epochs)


@pytest.mark.question("Q8", points=2)
def test_training_is_tracked_every_50_iterations(student):
    """Two epochs of 51 batches give one entry after iteration 50 and one after 100, in each of the three lists."""
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
    assert_that(moved[0] > 0, "train_both: expected the first network to be trained, found its weights unchanged.")
    assert_that(moved[1] > 0, "train_both: expected the second network to be trained, found its weights unchanged.")


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
