"""Hidden checks of mnist_resnet."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import resnet18

from grader import assert_close, assert_equal, assert_that, finite_differences, load_state, probe
from test_public import (
    assert_cells,
    basic_block,
    batch_sizes_and_labels,
    circuit_answers,
    classification,
    diary_of_training,
    last_loss,
    output,
    percent_of_identity,
    random_images,
    sgd_by_hand,
    sweep_linear,
)

# --- Q1: a dataset of your own ----------------------------------------------------------------------------------------------------


@probe(returns=[(float, int)])
def items_through_workers(CustomDataset, size):
    """(image, label) of every item, through a shuffling DataLoader with two worker processes.

    The workers are forked and send plain numbers: tensors would travel as file descriptors over sockets, which a locked-in process
    may not have.
    """
    import multiprocessing

    from torch.utils.data import DataLoader

    def plain(items):
        return [(float(image), int(label)) for image, label in items]

    dataset = CustomDataset([(i / 2, i) for i in range(size)], transform=lambda image: image + 100)
    loader = DataLoader(
        dataset,
        batch_size=4,
        shuffle=True,
        num_workers=2,
        collate_fn=plain,
        multiprocessing_context=multiprocessing.get_context("fork"),
    )
    return [item for batch in loader for item in batch]


@pytest.mark.question("Q1", points=2)
@pytest.mark.timeout(30)
def test_dataset_under_workers(student):
    """A DataLoader over CustomDataset that shuffles and has two workers gives every image once, with its own label."""
    items = items_through_workers(student, student.CustomDataset, 22)
    assert_equal(sorted(items), [(i / 2 + 100, i) for i in range(22)], what="the items of an epoch, sorted")


# --- Q2: loaders ------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q2", points=1)
def test_last_batch_of_mnist(student):
    """60,000 items make 235 batches, and the last one holds 96."""
    (sizes, _), _ = batch_sizes_and_labels(student, student.make_loaders, 60_000, 1, {}, 1)
    assert_equal(len(sizes), 235, what="the number of training batches")
    assert_equal(sizes[-1], 96, what="the size of the last training batch")


# --- Q3: ResNet-18 for MNIST ------------------------------------------------------------------------------------------------------


@probe
def scores_with_given_weights(mnist_resnet18, pattern, x):
    """Scores in eval mode with every parameter and running statistic cut from `pattern` (uniform in -1 to 1), in their order.

    Weights come at Kaiming's scale, numbers by channel between 0.5 and 1.5: cheaper than sending 45 MB of them. The random numbers
    that the network would start from are not drawn.
    """
    from torch.overrides import TorchFunctionMode

    class NothingRandom(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            if getattr(function, "__name__", "") in ("uniform_", "normal_"):  # torch.nn.init calls them by keyword
                return args[0] if args else kwargs["tensor"]
            return function(*args, **kwargs)

    with NothingRandom():
        net = mnist_resnet18()
    with torch.no_grad():
        numbers = [*net.parameters(), *(buffer for buffer in net.buffers() if buffer.is_floating_point())]
        for start, tensor in enumerate(numbers):
            piece = pattern[start : start + tensor.numel()].view(tensor.shape)
            if tensor.ndim > 1:
                tensor.copy_(piece * (6.0 / tensor[0].numel()) ** 0.5)
            else:
                tensor.copy_(1.0 + 0.5 * piece)
        net.eval()
        return net(x)


@functools.cache
def scores_of_torchvision():
    """The pattern of weights, two images, and what torchvision's network makes of them: the same for every submission."""
    generator = torch.Generator().manual_seed(5)
    pattern = torch.rand(2_400_000, generator=generator) * 2 - 1
    x = torch.rand(2, 1, 28, 28, generator=generator)
    with torch.device("meta"):  # no weights drawn that are thrown away at once
        twin = resnet18(num_classes=10)
        twin.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    twin.to_empty(device="cpu")
    return pattern, x, scores_with_given_weights.__wrapped__(lambda: twin, pattern, x)


@pytest.mark.question("Q3", points=4)
def test_resnet18_value(student):
    """Apart from conv1 and fc the network is torchvision's: with the same weights it gives the same scores."""
    pattern, x, expected = scores_of_torchvision()
    assert_close(scores_with_given_weights(student, student.mnist_resnet18, pattern, x), expected, rtol=1e-3, what="the scores")


# --- Q4: training and evaluating --------------------------------------------------------------------------------------------------


@probe
def percent_elsewhere(evaluate, scores, labels):
    """What `evaluate` returns for a model on a device that is not that of the batches, as a CPU alone can act it.

    Batches are `There` and become `Here` by `.to(device)`; the model takes what is `Here` once it has been moved itself. Like a GPU's and
    a CPU's, the two do not calculate with each other; what comes back by `.cpu()` goes with both.
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

    class Elsewhere(nn.Identity):
        moved = False

        def _apply(self, *args, **kwargs):  # what .to(device) does
            self.moved = True
            return super()._apply(*args, **kwargs)

        def forward(self, x):
            if not self.moved or not isinstance(x, Here):
                raise RuntimeError(two_devices)
            return x

    def collate(pairs):
        return tuple(torch.stack(part).as_subclass(There) for part in zip(*pairs, strict=True))

    return evaluate(Elsewhere(), DataLoader(TensorDataset(scores, labels), batch_size=4, collate_fn=collate), "cpu")


@probe(returns={"losses": object, "weight": object, "bias": object})
def linear_after_training(train, features, labels, weight, bias, batch_size, epochs, lr):
    """What `train` returns for a linear model under plain SGD, batches in order, and the model's weights afterwards."""
    from torch.utils.data import DataLoader, TensorDataset

    net = nn.Linear(weight.shape[1], weight.shape[0])
    net.load_state_dict({"weight": weight, "bias": bias})
    loader = DataLoader(TensorDataset(features, labels), batch_size=batch_size)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    losses = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, "cpu")
    return {"losses": losses, "weight": net.weight.detach(), "bias": net.bias.detach()}


@pytest.mark.question("Q4", points=1)
@settings(max_examples=6)
@given(samples=st.integers(1, 12), batch_size=st.integers(1, 8), epochs=st.integers(1, 3))
def test_training_of_any_size(student, samples, batch_size, epochs):
    """train's losses and weights are right for any number of samples, size of batches and number of epochs."""
    problem = classification(samples, seed=20)
    out = linear_after_training(student, student.train, *problem, batch_size, epochs, 0.3)
    losses, weight, bias = sgd_by_hand(*problem, batch_size, epochs, 0.3)
    what = f"after {epochs} epochs of {samples} samples in batches of {batch_size}"
    assert_close(out["losses"], losses, rtol=1e-4, what=f"the losses {what}")
    assert_close(out["weight"], torch.tensor(weight).float(), rtol=1e-4, atol=1e-5, what=f"the weight {what}")
    assert_close(out["bias"], torch.tensor(bias).float(), rtol=1e-4, atol=1e-5, what=f"the bias {what}")


@pytest.mark.question("Q4", points=0.5)
def test_every_batch_in_every_epoch(student):
    """Each epoch of train goes through the whole loader once."""
    assert_equal(
        diary_of_training(student, student.train)["sizes"], [3, 3, 1] * 2, what="the sizes of the batches that the model got"
    )


@pytest.mark.question("Q4", points=0.5)
def test_evaluate_moves_model_and_batches(student):
    """evaluate moves the model and every batch to the device with .to(device)."""
    scores = torch.randn(9, 3, generator=torch.Generator().manual_seed(12))
    labels = scores.argmax(dim=1)
    labels[4] = (labels[4] + 1) % 3
    percent = percent_elsewhere(student, student.evaluate, scores, labels)
    assert_close(percent, 800 / 9, rtol=1e-5, what="evaluate, 8 of 9 right")


@pytest.mark.question("Q4", points=0.5)
@settings(max_examples=6)
@given(samples=st.integers(1, 12), batch_size=st.integers(1, 8), classes=st.integers(2, 6))
def test_evaluate_of_any_size(student, samples, batch_size, classes):
    """evaluate is right for any number of samples, size of batches and number of classes."""
    scores = torch.randn(samples, classes, generator=torch.Generator().manual_seed(14))
    labels = torch.arange(samples) % classes
    right = (scores.argmax(dim=1) == labels).double()
    percent = percent_of_identity(student, student.evaluate, scores, labels, batch_size)
    what = f"evaluate, {int(right.sum())} of {samples} right, in batches of {batch_size}"
    assert_close(percent, 100 * right.mean().item(), rtol=1e-5, atol=1e-5, what=what)


# --- Q5: backprop through a circuit of gates --------------------------------------------------------------------------------------


def circuit_by_hand(wires, values):
    """Every node's value, in numpy."""
    nodes = list(values)
    for gate, numbers in wires:
        a, *rest = (nodes[number] for number in numbers)
        match gate:
            case "add":
                nodes.append(a + rest[0])
            case "mul":
                nodes.append(a * rest[0])
            case "max":
                nodes.append(np.maximum(a, rest[0]))
            case "sigmoid":
                nodes.append(1 / (1 + np.exp(-a)))
    return nodes


@st.composite
def circuits(draw):
    """Two inputs that are always used, then three to six gates, each of which takes its predecessor and any earlier node."""
    wires = [("mul", [0, 1])]
    for latest in range(2, draw(st.integers(4, 7))):
        gate = draw(st.sampled_from(["add", "mul", "max", "sigmoid"]))
        other = draw(st.integers(0, latest - 1 if gate == "max" else latest))
        wires.append((gate, [latest] if gate == "sigmoid" else draw(st.permutations([latest, other]))))
    return wires


@pytest.mark.question("Q5", points=3)
@given(wires=circuits(), values=st.tuples(st.floats(0.2, 1.5), st.floats(-1.5, -0.2)))
def test_circuit_gradients(student, wires, values):
    """In any circuit of the four gates the gradients tell how the value changes when an input is moved a little."""
    nodes = circuit_by_hand(wires, values)
    gaps = [abs(nodes[numbers[0]] - nodes[numbers[1]]) for gate, numbers in wires if gate == "max"]
    assume(all(gap > 0.01 for gap in gaps))
    [(value, gradients)] = circuit_answers(student, wires, [values])
    assert_close(value, nodes[-1], rtol=1e-9, what="the circuit's value")
    expected = finite_differences(lambda x: circuit_by_hand(wires, x)[-1], np.array(values))
    assert_close(gradients, expected, rtol=1e-4, atol=1e-6, what="the gradients of the two inputs")


# --- Q6: a residual block ---------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q6", points=1.5)
@settings(max_examples=6)
@given(
    in_channels=st.integers(1, 4),
    out_channels=st.integers(1, 4),
    stride=st.integers(1, 3),
    size=st.tuples(st.integers(3, 7), st.integers(3, 7)),
    training=st.booleans(),
)
def test_block_of_any_size(student, in_channels, out_channels, stride, size, training):
    """ResidualBlock computes what torchvision's does for any channels, stride and size of image, in train and in eval mode."""
    twin = basic_block(in_channels, out_channels, stride, seed=1).train(training)
    x = random_images(3, in_channels, *size, seed=2)
    block = student.ResidualBlock(in_channels, out_channels, stride)
    load_state(student, block, twin.state_dict(), match="order")
    with torch.no_grad():
        expected = twin(x)
    what = f"ResidualBlock({in_channels}, {out_channels}, stride={stride})(x) in {'train' if training else 'eval'} mode"
    assert_close(output(student, block, x, training), expected, rtol=1e-3, atol=1e-4, what=what)


# --- Q7: six cells from the same start --------------------------------------------------------------------------------------------


NAMES = ["Adam", "SGD"]


@pytest.mark.question("Q7", points=1)
def test_defaults_of_sweep(student):
    """By default sweep trains for ten epochs at learning rate 0.001, where plain SGD ends above Adam."""
    problem = classification(16, seed=11)
    out = sweep_linear(student, student.sweep, NAMES, [256], *problem, {})
    assert_cells(out["table"], NAMES, [256])
    for name in NAMES:
        assert_close(out["table"][name][256], last_loss(name, *problem, 10, 0.001), rtol=1e-5, what=f"table[{name!r}][256]")
    assert_that(out["table"]["SGD"][256] > out["table"]["Adam"][256], "expected plain SGD to end above Adam", evidence=out["table"])


@pytest.mark.question("Q7", points=1)
def test_sweep_of_other_optimizers_and_sizes(student):
    """sweep fills a table of other optimizers and batch sizes too, every cell from the same start."""
    problem = classification(12, seed=12)
    names, sizes = ["RMSprop", "Adagrad", "SGD"], [100, 12]  # every size takes all 12 in one batch, so that no shuffling shows
    out = sweep_linear(student, student.sweep, names, sizes, *problem, {"epochs": 2, "lr": 0.05})
    assert_cells(out["table"], names, sizes)
    for name in names:
        for size in sizes:
            what = f"table[{name!r}][{size}]"
            assert_close(out["table"][name][size], last_loss(name, *problem, 2, 0.05), rtol=1e-3, what=what)
