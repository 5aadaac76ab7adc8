"""Hidden checks of mnist_resnet."""

import copy
import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock

from grader import (
    assert_close,
    assert_equal,
    assert_gradients,
    assert_parameters,
    assert_that,
    autograd_gradients,
    finite_differences,
    gradients_of,
    load_state,
    parameters_of,
    probe,
)

# --- Q1: a dataset of your own ----------------------------------------------------------------------------------------------------


@probe(returns=[object])
def readings_of_one_item(CustomDataset):
    """The image 20 read three times through a transform that adds how often it has been called by then."""
    calls = []

    def numbered(image):
        calls.append(image)
        return image + len(calls)

    dataset = CustomDataset([(10.0, 1), (20.0, 2)], transform=numbered)
    before = len(calls)
    return [dataset[1][0] - before for _ in range(3)]


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
def test_transform_runs_at_each_reading(student):
    """The transform runs each time an item is read, so that a random one differs from epoch to epoch."""
    readings = readings_of_one_item(student, student.CustomDataset)
    assert_close(
        readings,
        [21.0, 22.0, 23.0],
        what="image 20 read three times through a transform that adds how often it has run",
        hint="apply the transform in __getitem__, not once for all in __init__",
    )


@pytest.mark.question("Q1", points=2)
@pytest.mark.timeout(30)
def test_dataset_under_workers(student):
    """A DataLoader that shuffles and has two workers gives every image once, with its own label."""
    items = items_through_workers(student, student.CustomDataset, 22)
    assert_equal(sorted(items), [(i / 2 + 100, i) for i in range(22)], what="the items of an epoch, sorted")


# --- Q2: loaders ------------------------------------------------------------------------------------------------------------------


@probe(returns=(([int], [[object], ...]), ([int], [[object], ...])))
def batch_sizes_and_labels(make_loaders, train_size, test_size, options, epochs):
    """For both loaders the sizes of an epoch's batches, and the labels of `epochs` epochs; item i carries the label i."""
    train, test = ([(float(i), i) for i in range(size)] for size in (train_size, test_size))
    train_loader, test_loader = make_loaders(train, test, **options)
    out = []
    for loader in (train_loader, test_loader):
        passes = [[labels.tolist() for _, labels in loader] for _ in range(epochs)]
        out.append(([len(labels) for labels in passes[0]], [[label for labels in one for label in labels] for one in passes]))
    return tuple(out)


@pytest.mark.question("Q2", points=1)
def test_test_order_is_fixed(student):
    """The test order is the same in each epoch, and every test item comes once."""
    _, (_, orders) = batch_sizes_and_labels(student, student.make_loaders, 30, 50, {"batch_size": 8}, 3)
    assert_equal(sorted(orders[0]), list(range(50)), what="the test items of an epoch, sorted")
    assert_equal(orders, [orders[0]] * 3, what="the test orders of three epochs, against that of the first")


@pytest.mark.question("Q2", points=1)
def test_batch_size_is_obeyed(student):
    """batch_size is the size of both loaders' batches, and the last one holds the rest."""
    (train_sizes, _), (test_sizes, _) = batch_sizes_and_labels(student, student.make_loaders, 50, 20, {"batch_size": 16}, 1)
    assert_equal(train_sizes, [16, 16, 16, 2], what="the training loader's batch sizes, 50 items in batches of 16")
    assert_equal(test_sizes, [16, 4], what="the test loader's batch sizes, 20 items in batches of 16")


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


@probe(returns={"sizes": [int], "inputs": [bool], "targets": [bool], "model": bool})
def diary_of_training(train):
    """The sizes of the batches that reach the model and the criterion in two epochs, and whether they and it were moved to the device.

    The loader gives tensors of a class of their own, which `.to(device)` turns into plain ones: a move that a CPU shows, too.
    """
    from torch.utils.data import DataLoader, TensorDataset

    class Elsewhere(torch.Tensor):
        def to(self, *args, **kwargs):
            return self.as_subclass(torch.Tensor).to(*args, **kwargs)

    def collate(items):
        inputs, targets = zip(*items, strict=True)
        return torch.stack(inputs).as_subclass(Elsewhere), torch.stack(targets).as_subclass(Elsewhere)

    sizes, inputs_moved, targets_moved, model_moves = [], [], [], []

    class Watched(nn.Linear):
        def _apply(self, *args, **kwargs):  # what .to(device) does
            model_moves.append(args)
            return super()._apply(*args, **kwargs)

        def forward(self, x):
            sizes.append(len(x))
            inputs_moved.append(type(x) is torch.Tensor)
            return super().forward(x)

    class Criterion(nn.CrossEntropyLoss):
        def forward(self, scores, targets):
            targets_moved.append(type(targets) is torch.Tensor)
            return super().forward(scores, targets)

    generator = torch.Generator().manual_seed(0)
    dataset = TensorDataset(torch.randn(7, 3, generator=generator), torch.arange(7) % 2)
    net = Watched(3, 2)
    train(
        net, DataLoader(dataset, batch_size=3, collate_fn=collate), torch.optim.SGD(net.parameters(), lr=0.1), Criterion(), 2, "cpu"
    )
    return {"sizes": sizes, "inputs": inputs_moved, "targets": targets_moved, "model": bool(model_moves)}


@probe
def regression(train, x, y, weight, epochs):
    """Losses of a linear model under Adam and the mean squared error, all samples in one batch."""
    from torch.utils.data import DataLoader, TensorDataset

    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    net.load_state_dict({"weight": weight})
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    return train(net, DataLoader(TensorDataset(x, y), batch_size=len(x)), optimizer, nn.MSELoss(), epochs, "cpu")


@probe(returns={"training": [bool], "graph": [bool], "before": dict, "after": dict})
def diary_of_evaluation(evaluate):
    """Percent, modes and graphs at each forward pass, and BatchNorm's state before and after; the model comes in train mode."""
    from torch.utils.data import DataLoader, TensorDataset

    diary = {"training": [], "graph": []}

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(3)
            self.linear = nn.Linear(3, 2)

        def forward(self, x):
            scores = self.linear(self.norm(x))
            diary["training"].append(self.training)
            diary["graph"].append(scores.requires_grad)
            return scores

    generator = torch.Generator().manual_seed(0)
    net = Watched().train()
    diary["before"] = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    evaluate(net, DataLoader(TensorDataset(torch.randn(6, 3, generator=generator), torch.arange(6) % 2), batch_size=3), "cpu")
    diary["after"] = net.state_dict()
    return diary


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


@probe
def percent_of_identity(evaluate, scores, labels, batch_size):
    """What `evaluate` returns for a model that gives its input back as scores."""
    from torch.utils.data import DataLoader, TensorDataset

    return evaluate(nn.Identity(), DataLoader(TensorDataset(scores, labels), batch_size=batch_size), "cpu")


@pytest.mark.question("Q4", points=1)
def test_every_batch_in_every_epoch(student):
    """Each epoch goes through the whole loader once."""
    assert_equal(
        diary_of_training(student, student.train)["sizes"], [3, 3, 1] * 2, what="the sizes of the batches that the model got"
    )


@pytest.mark.question("Q4", points=1)
def test_batches_are_moved(student):
    """train moves the model, and inputs and targets of every batch, to the device with .to(device)."""
    diary = diary_of_training(student, student.train)
    assert_that(diary["model"], "train: expected model.to(device), found that the model was not moved.")
    assert_equal(diary["inputs"], [True] * 6, what="whether the inputs of each batch were moved before the model got them")
    assert_that(False not in diary["targets"], "The targets of a batch were not moved before the criterion got them.")


@pytest.mark.question("Q4", points=1)
def test_optimizer_and_criterion_are_those_given(student):
    """The optimizer and the criterion that come in are the ones used: Adam on the mean squared error."""
    generator = torch.Generator().manual_seed(6)
    x, y, weight = (torch.randn(*shape, generator=generator) for shape in ((6, 3), (6, 2), (2, 3)))
    twin = nn.Parameter(weight.double().clone())
    adam, expected = torch.optim.Adam([twin], lr=0.1), []
    for _ in range(3):
        loss = ((x.double() @ twin.T - y.double()) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        expected.append(loss.item())
    assert_close(regression(student, student.train, x, y, weight, 3), expected, rtol=1e-3, what="the losses of three epochs")


@pytest.mark.question("Q4", points=0.5)
def test_evaluate_moves_model_and_batches(student):
    """evaluate moves the model and every batch to the device with .to(device)."""
    scores = torch.randn(9, 3, generator=torch.Generator().manual_seed(12))
    labels = scores.argmax(dim=1)
    labels[4] = (labels[4] + 1) % 3
    percent = percent_elsewhere(student, student.evaluate, scores, labels)
    assert_close(percent, 800 / 9, rtol=1e-5, what="evaluate, 8 of 9 right")


@pytest.mark.question("Q4", points=0.5)
def test_evaluate_counts_samples(student):
    """With batches of 4, 4 and 1, evaluate gives 7 right of 9 as 77.8 percent."""
    labels = torch.tensor([2, 0, 1, 1, 2, 0, 0, 1, 2])
    scores = torch.randn(9, 3, generator=torch.Generator().manual_seed(7))
    answers = labels.clone()
    answers[[1, 8]] = 1
    scores[torch.arange(9), answers] = 4.0
    percent = percent_of_identity(student, student.evaluate, scores, labels, 4)
    assert_close(percent, 700 / 9, rtol=1e-5, what="evaluate, 7 of 9 right")


@pytest.mark.question("Q4", points=1)
def test_evaluate_in_eval_mode(student):
    """evaluate runs in eval mode: BatchNorm's running statistics and the weights stay as they were."""
    diary = diary_of_evaluation(student, student.evaluate)
    assert_equal(diary["training"], [False, False], what="model.training at each forward pass")
    for name, before in diary["before"].items():
        assert_close(diary["after"][name], before, what=f"{name} after evaluate")


@pytest.mark.question("Q4", points=1)
def test_evaluate_builds_no_graph(student):
    """evaluate builds no graph."""
    assert_equal(
        diary_of_evaluation(student, student.evaluate)["graph"],
        [False, False],
        what="whether the scores require a gradient, batch by batch",
        hint="with torch.no_grad(): around the forward passes",
    )


# --- Q5: backprop through a circuit of gates --------------------------------------------------------------------------------------


@probe(returns=(object, object))
def run_gate(Gate, inputs, upstream):
    gate = Gate()
    return gate.forward(*inputs), gate.backward(upstream)


@probe(returns=[(object, [object]), ...])
def run_circuit(CircuitNode, gates, wires, values, backwards):
    """A circuit's value at each row of `values`, set one after the other in the same nodes, and the inputs' gradients each time.

    wires: (gate's name, numbers of the nodes it takes), numbered on from the inputs. `backward` is called `backwards` times a row.
    """
    nodes = [CircuitNode(value=value) for value in values[0]]
    sources = list(nodes)
    for gate, numbers in wires:
        nodes.append(CircuitNode(gate=gates[gate](), inputs=tuple(nodes[number] for number in numbers)))
    out = []
    for row in values:
        for source, value in zip(sources, row, strict=True):
            source.value = value
        found = nodes[-1].forward()
        for _ in range(backwards):
            nodes[-1].backward()
        out.append((found, [source.grad for source in sources]))
    return out


def gates_of(student):
    return {"add": student.AddGate, "mul": student.MulGate, "max": student.MaxGate, "sigmoid": student.SigmoidGate}


def circuit_answers(student, wires, rows, backwards=1):
    """(value, gradients) of the student's circuit for each row of values."""
    answers = run_circuit(student, student.CircuitNode, gates_of(student), wires, rows, backwards)
    assert_equal(len(answers), len(rows), what="the number of answers of a circuit")
    return answers


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


@pytest.mark.question("Q5", points=1)
def test_sigmoid_of_large_numbers(student):
    """SigmoidGate holds at -1000 and 1000: values 0 and 1, gradients 0."""
    for x, value in ((-1000.0, 0.0), (1000.0, 1.0)):
        found, gradients = run_gate(student, student.SigmoidGate, [x], 2.0)
        assert_close(found, value, atol=1e-12, what=f"SigmoidGate.forward({x:.0f})")
        assert_close(gradients, (0.0,), atol=1e-12, what=f"SigmoidGate.backward at {x:.0f}")


@pytest.mark.question("Q5", points=3)
@given(wires=circuits(), values=st.tuples(st.floats(0.2, 1.5), st.floats(-1.5, -0.2)))
def test_circuit_gradients(student, wires, values):
    """In any circuit of the four gates the gradients agree with finite differences."""
    nodes = circuit_by_hand(wires, values)
    gaps = [abs(nodes[numbers[0]] - nodes[numbers[1]]) for gate, numbers in wires if gate == "max"]
    assume(all(gap > 0.01 for gap in gaps))
    [(value, gradients)] = circuit_answers(student, wires, [values])
    assert_close(value, nodes[-1], rtol=1e-9, what="the circuit's value")
    expected = finite_differences(lambda x: circuit_by_hand(wires, x)[-1], np.array(values))
    assert_close(gradients, expected, rtol=1e-4, atol=1e-6, what="the gradients of the two inputs")


@pytest.mark.question("Q5", points=1)
def test_backward_twice(student):
    """backward starts afresh: called twice it leaves the same gradients as called once."""
    wires = [("mul", [0, 1]), ("add", [2, 0])]
    [(_, gradients)] = circuit_answers(student, wires, [(2.0, 5.0)], backwards=2)
    assert_close(gradients, [6.0, 2.0], what="the gradients of x * y + x at (2, 5) after a second backward")


@pytest.mark.question("Q5", points=1)
def test_forward_with_new_values(student):
    """When an input's value changes, forward and backward follow."""
    wires = [("mul", [0, 1]), ("sigmoid", [2])]
    rows = [(0.5, 2.0), (-1.5, 0.4)]
    for row, (value, gradients) in zip(rows, circuit_answers(student, wires, rows), strict=True):
        s = 1 / (1 + math.exp(-row[0] * row[1]))
        assert_close(value, s, what=f"sigmoid(x * y) at {row}")
        assert_close(gradients, [s * (1 - s) * row[1], s * (1 - s) * row[0]], what=f"the gradients at {row}")


# --- Q6: a residual block ---------------------------------------------------------------------------------------------------------


def torchvision_block(in_channels, out_channels, stride, seed):
    """torchvision's BasicBlock with random weights and running statistics."""
    shortcut = None
    if stride != 1 or in_channels != out_channels:
        shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
    block = BasicBlock(in_channels, out_channels, stride, shortcut)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in block.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.3, 1.3, generator=generator)
                if tensor.ndim > 1:
                    tensor.sub_(0.8)
    return block


def random_images(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@probe
def output(block, x, training):
    block.train(training)
    with torch.no_grad():
        return block(x)


@pytest.mark.question("Q6", points=3)
def test_block_value_with_shortcut(student):
    """Where channels or size change, the shortcut is a 1x1 conv with a BatchNorm, as in torchvision's BasicBlock."""
    for in_channels, out_channels, stride in ((4, 6, 2), (4, 4, 2), (4, 6, 1)):
        twin = torchvision_block(in_channels, out_channels, stride, seed=1).eval()
        x = random_images(2, in_channels, 5, 6, seed=stride)
        block = student.ResidualBlock(in_channels, out_channels, stride)
        load_state(student, block, twin.state_dict(), match="order")
        with torch.no_grad():
            what = f"ResidualBlock({in_channels}, {out_channels}, stride={stride})(x)"
            assert_close(output(student, block, x, False), twin(x), rtol=1e-4, atol=1e-5, what=what)


@pytest.mark.question("Q6", points=1)
def test_block_in_train_mode(student):
    """In train mode BatchNorm uses the batch, and nothing is dropped."""
    twin, x = torchvision_block(4, 4, 1, seed=2).train(), random_images(3, 4, 5, 5, seed=4)
    block = student.ResidualBlock(4, 4)
    load_state(student, block, twin.state_dict(), match="order")
    with torch.no_grad():
        expected = twin(x)
    for _ in range(2):
        assert_close(output(student, block, x, True), expected, rtol=1e-4, atol=1e-5, what="the block's output in train mode")


@pytest.mark.question("Q6", points=1)
def test_block_gradient(student):
    """The gradient reaches the input by the branch and by the shortcut."""
    twin, x = torchvision_block(4, 4, 1, seed=3).eval(), random_images(2, 4, 5, 5, seed=5)
    block = student.ResidualBlock(4, 4)
    load_state(student, block, twin.state_dict(), match="order")
    weights = random_images(2, 4, 5, 5, seed=6)
    expected = autograd_gradients(copy.deepcopy(twin).double(), {"x": x.double()}, cotangent=weights.double(), wrt=["x"])
    evaluated = eval_mode(student, block)
    found = gradients_of(student, evaluated, {"x": x}, cotangent=weights, wrt=["x"])
    assert_gradients({"x": found.get("x")}, {"x": expected["x"]}, rtol=1e-3, atol=1e-4)


@probe
def eval_mode(block):
    return block.eval()


@pytest.mark.question("Q6", points=2)
def test_block_parameters(student):
    """ResidualBlock(64, 64) has 73,984 parameters and ResidualBlock(64, 128, stride=2) has 230,144."""
    for arguments, total in (((64, 64), 73_984), ((64, 128, 2), 230_144)):
        block = student.ResidualBlock(*arguments)
        assert_parameters(parameters_of(student, block), total=total, what=f"ResidualBlock{arguments}")


# --- Q7: six cells from the same start --------------------------------------------------------------------------------------------


@probe(returns={"table": object, "batches": [[float]], "weight": object, "bias": object})
def sweep_linear(sweep, names, batch_sizes, features, labels, weight, bias, options):
    """The table for a linear model, the batches it met (each sample's first feature), and the model's own weights afterwards."""
    from torch.utils.data import TensorDataset

    batches = []

    class Watched(nn.Linear):
        def forward(self, x):
            batches.append(x[:, 0].tolist())
            return super().forward(x)

    net = Watched(weight.shape[1], weight.shape[0])
    net.load_state_dict({"weight": weight, "bias": bias})
    classes = {name: getattr(torch.optim, name) for name in names}
    table = sweep(classes, batch_sizes, net, TensorDataset(features, labels), **options)
    return {"table": table, "batches": batches, "weight": net.weight.detach(), "bias": net.bias.detach()}


def classification(samples, seed):
    """Inputs (samples, 4), labels of 3 classes, and a weight (3, 4) and bias (3,) to start from."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(samples, 4, generator=generator)
    labels = torch.randint(0, 3, (samples,), generator=generator)
    return features, labels, torch.randn(3, 4, generator=generator), torch.randn(3, generator=generator)


def last_loss(name, features, labels, weight, bias, epochs, lr):
    """The loss of the last of `epochs` full-batch steps of torch's own optimizer, in float64."""
    w, b = nn.Parameter(weight.double().clone()), nn.Parameter(bias.double().clone())
    optimizer = getattr(torch.optim, name)([w, b], lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(features.double() @ w.T + b, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def assert_cells(table, names, batch_sizes):
    """`table` is a dict of dicts with these keys."""
    rows = sorted(table) if isinstance(table, dict) else None
    assert_equal(rows, sorted(names), what="the table's rows, table[name]")
    for name in names:
        columns = sorted(table[name]) if isinstance(table[name], dict) else None
        assert_equal(columns, sorted(batch_sizes), what=f"the cells of table[{name!r}]")


NAMES, SIZES = ["Adam", "SGD"], [16, 64, 256]


@pytest.mark.question("Q7", points=2)
def test_all_six_cells(student):
    """sweep fills all six cells, {Adam, SGD} by {16, 64, 256}; the first of a row holds the loss of its last epoch."""
    problem = classification(16, seed=8)  # every batch size takes all 16 in one batch, so that no shuffling shows
    out = sweep_linear(student, student.sweep, NAMES, SIZES, *problem, {"epochs": 3, "lr": 0.1})
    assert_cells(out["table"], NAMES, SIZES)
    for name in NAMES:
        assert_close(out["table"][name][16], last_loss(name, *problem, 3, 0.1), rtol=1e-3, what=f"table[{name!r}][16]")


@pytest.mark.question("Q7", points=2)
def test_every_cell_starts_the_same(student):
    """Every cell starts from the same weights, and the model that comes in stays as it was."""
    problem = classification(16, seed=9)
    out = sweep_linear(student, student.sweep, NAMES, SIZES, *problem, {"epochs": 3, "lr": 0.1})
    assert_cells(out["table"], NAMES, SIZES)
    for name in NAMES:
        for size in SIZES:
            what = f"table[{name!r}][{size}], where every size takes the 16 samples in one batch,"
            assert_close(out["table"][name][size], last_loss(name, *problem, 3, 0.1), rtol=1e-3, what=what)
    assert_close(out["weight"], problem[2], what="the weight of the model that came in")


@pytest.mark.question("Q7", points=0.5)
def test_each_cell_uses_its_batch_size(student):
    """Each cell's batches have the size of its column."""
    problem = classification(20, seed=10)
    out = sweep_linear(student, student.sweep, ["SGD"], [8, 16], *problem, {"epochs": 2})
    sizes = list(map(len, out["batches"]))
    assert_equal(sizes, [8, 8, 4] * 2 + [16, 4] * 2, what="the sizes of the batches, 20 samples in batches of 8, then of 16")


@pytest.mark.question("Q7", points=0.5)
def test_each_epoch_in_a_new_order(student):
    """Each epoch of a cell takes the samples in a new random order."""
    problem = classification(20, seed=13)
    out = sweep_linear(student, student.sweep, ["SGD"], [8], *problem, {"epochs": 3})
    seen = [number for batch in out["batches"] for number in batch]
    assert_equal(len(seen), 60, what="the number of samples that the model met in 3 epochs of 20")
    orders = {tuple(seen[start : start + 20]) for start in (0, 20, 40)} | {tuple(problem[0][:, 0].tolist())}
    assert_that(
        len(orders) == 4,
        f"expected three epochs in three orders, none of them that of the data set, found {len(orders) - 1} new ones.",
        hint="DataLoader(..., shuffle=True) draws an order for each epoch.",
        evidence=seen,
    )


@pytest.mark.question("Q7", points=2)
def test_defaults_of_sweep(student):
    """By default ten epochs at learning rate 0.001, where plain SGD ends above Adam."""
    problem = classification(16, seed=11)
    out = sweep_linear(student, student.sweep, NAMES, [256], *problem, {})
    assert_cells(out["table"], NAMES, [256])
    for name in NAMES:
        assert_close(out["table"][name][256], last_loss(name, *problem, 10, 0.001), rtol=1e-5, what=f"table[{name!r}][256]")
    assert_that(out["table"]["SGD"][256] > out["table"]["Adam"][256], "expected plain SGD to end above Adam", evidence=out["table"])
