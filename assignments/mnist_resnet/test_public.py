"""Public checks of mnist_resnet: what they test is in their titles, and you may read and run all of it."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchvision.models.resnet import BasicBlock

from grader import (
    assert_close,
    assert_equal,
    assert_gradients,
    assert_parameters,
    assert_shape,
    assert_that,
    autograd_gradients,
    gradients_of,
    load_state,
    parameters_of,
    probe,
    student_raises,
)

numbers = st.floats(-5, 5).map(lambda x: round(x, 3))


def some_pairs(count):
    """`count` different (image (1, 4, 4), label) pairs."""
    images = torch.randn(count, 1, 4, 4, generator=torch.Generator().manual_seed(count))
    return [(image, (3 * i + 1) % 10) for i, image in enumerate(images)]


def assert_pair(item, image, label, what):
    """`item` is the tuple (image, label)."""
    two = isinstance(item, tuple | list) and len(item) == 2
    assert_that(two, f"{what}: expected a pair (image, label), got {item!r:.80}.", evidence=item)
    assert_close(item[0], image, what=f"the image of {what}")
    assert_equal(item[1], label, what=f"the label of {what}")


def classification(samples, seed):
    """Inputs (samples, 4), labels of 3 classes, and a weight (3, 4) and bias (3,) to start from."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(samples, 4, generator=generator)
    labels = torch.randint(0, 3, (samples,), generator=generator)
    return features, labels, torch.randn(3, 4, generator=generator), torch.randn(3, generator=generator)


# --- Q1: a dataset of your own ----------------------------------------------------------------------------------------------------


@probe(returns=(int, [object]))
def dataset_items(CustomDataset, pairs, indices):
    """The length of the dataset, and its items at `indices`."""
    dataset = CustomDataset(pairs)
    return len(dataset), [dataset[index] for index in indices]


@probe(returns=[object])
def transformed_items(CustomDataset, pairs):
    """All items of a dataset whose transform doubles an image and adds one."""
    dataset = CustomDataset(pairs, transform=lambda image: 2 * image + 1)
    return [dataset[index] for index in range(len(pairs))]


@pytest.mark.question("Q1", points=3)
def test_items_are_the_pairs(student):
    """len(dataset) is the number of pairs, and dataset[i] is the i-th of them, whatever order you ask in."""
    pairs = some_pairs(7)
    length, items = dataset_items(student, student.CustomDataset, pairs, [4, 0, 6, 4])
    assert_equal(length, 7, what="len(dataset)")
    for index, item in zip([4, 0, 6, 4], items, strict=True):
        assert_pair(item, *pairs[index], what=f"dataset[{index}]")


@pytest.mark.question("Q1", points=2)
def test_transform_is_for_images(student):
    """A transform is applied to the image, and the label stays as it is."""
    pairs = some_pairs(5)
    items = transformed_items(student, student.CustomDataset, pairs)
    assert_equal(len(items), len(pairs), what="the number of items")
    for index, (item, (image, label)) in enumerate(zip(items, pairs, strict=True)):
        assert_pair(item, 2 * image + 1, label, what=f"dataset[{index}] with the transform 2 * image + 1")


@pytest.mark.question("Q1", points=1)
def test_index_past_the_end(student):
    """dataset[len(dataset)] raises IndexError."""
    dataset_items(student, student.CustomDataset, some_pairs(5), [4])  # the last one is there
    with student_raises("IndexError", what="dataset[5] of 5 pairs"):
        dataset_items(student, student.CustomDataset, some_pairs(5), [5])


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


# --- Q2: loaders ------------------------------------------------------------------------------------------------------------------


@probe(returns=[(str, object, object)])
def first_batches(make_loaders):
    """The first batch of each loader, for 300 training and 260 test images of MNIST's size, with the default batch size."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(300, 1, 28, 28, generator=generator)
    train = [(image, i % 10) for i, image in enumerate(images)]
    train_loader, test_loader = make_loaders(train, train[:260])
    (images, labels), (test_images, test_labels) = next(iter(train_loader)), next(iter(test_loader))
    return [("train", images, labels), ("test", test_images, test_labels)]


@probe(returns=([[[object]], ...], [[[object]], ...]))
def labels_of_epochs(make_loaders, train_size, test_size, batch_size, epochs):
    """The labels that each loader gives, batch by batch, epoch by epoch; item i carries the label i."""
    train, test = ([(float(i), i) for i in range(size)] for size in (train_size, test_size))
    train_loader, test_loader = make_loaders(train, test, batch_size=batch_size)
    return tuple([[labels.tolist() for _, labels in loader] for _ in range(epochs)] for loader in (train_loader, test_loader))


def flat(batches):
    return [label for batch in batches for label in batch]


@pytest.mark.question("Q2", points=2)
def test_shape_of_a_batch(student):
    """By default a batch is images (256, 1, 28, 28) with labels (256,), from both loaders."""
    for name, images, labels in first_batches(student, student.make_loaders):
        assert_shape(images, (256, 1, 28, 28), what=f"the images of the {name} loader's first batch")
        assert_shape(labels, (256,), what=f"the labels of the {name} loader's first batch")


@pytest.mark.question("Q2", points=2)
def test_every_training_item_once(student):
    """In an epoch the training loader gives every item exactly once."""
    epochs, _ = labels_of_epochs(student, student.make_loaders, 50, 20, 8, 2)
    for epoch in epochs:
        assert_equal(sorted(flat(epoch)), list(range(50)), what="the training items of an epoch, sorted")


@pytest.mark.question("Q2", points=1)
def test_training_order_changes(student):
    """The training order differs from epoch to epoch."""
    epochs, _ = labels_of_epochs(student, student.make_loaders, 50, 20, 8, 3)
    orders = {tuple(flat(epoch)) for epoch in epochs}
    assert_that(
        len(orders) == 3,
        f"expected three epochs in three orders, got {len(orders)}.",
        hint="the training loader has to shuffle anew in each epoch",
        evidence=[flat(epoch) for epoch in epochs],
    )


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


# --- Q3: ResNet-18 for MNIST ------------------------------------------------------------------------------------------------------


@probe
def quickly_built(mnist_resnet18):
    """The network without the 0.2 s that drawing eleven million random weights takes: their values do not matter here."""
    from torch.overrides import TorchFunctionMode

    class NothingRandom(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            if getattr(function, "__name__", "") in ("uniform_", "normal_"):  # torch.nn.init calls them by keyword
                return args[0] if args else kwargs["tensor"]
            return function(*args, **kwargs)

    with NothingRandom():
        return mnist_resnet18()


@probe(returns=(str, str))
def conv1_and_fc(net):
    return repr(net.conv1), repr(net.fc)


@probe
def scores_of_random_images(mnist_resnet18):
    """Scores of two random images in eval mode."""
    net = mnist_resnet18()
    net.eval()
    with torch.no_grad():
        return net(torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0)))


@pytest.mark.question("Q3", points=3)
def test_resnet18_parameters(student):
    """mnist_resnet18() has 11,175,370 parameters."""
    net = quickly_built(student, student.mnist_resnet18)
    assert_parameters(parameters_of(student, net), total=11_175_370, what="mnist_resnet18()")


@pytest.mark.question("Q3", points=3)
def test_resnet18_first_and_last_layer(student):
    """conv1 is Conv2d(1, 64, 7, stride 2, padding 3, no bias) and fc is Linear(512, 10)."""
    conv1, fc = conv1_and_fc(student, quickly_built(student, student.mnist_resnet18))
    assert_equal(conv1, "Conv2d(1, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3), bias=False)", what="net.conv1")
    assert_equal(fc, "Linear(in_features=512, out_features=10, bias=True)", what="net.fc")


@pytest.mark.question("Q3", points=2)
def test_resnet18_scores(student):
    """mnist_resnet18() turns images (2, 1, 28, 28) into scores (2, 10)."""
    assert_shape(scores_of_random_images(student, student.mnist_resnet18), (2, 10), what="net(images)")


# --- Q4: training and evaluating --------------------------------------------------------------------------------------------------


@probe(returns={"losses": object, "weight": object, "bias": object})
def trained_linear(train, features, labels, weight, bias, batch_size, epochs, lr):
    """What `train` returns for a linear model under plain SGD, batches in order, and the model's weights afterwards."""
    from torch.utils.data import DataLoader, TensorDataset

    net = nn.Linear(weight.shape[1], weight.shape[0])
    net.load_state_dict({"weight": weight, "bias": bias})
    loader = DataLoader(TensorDataset(features, labels), batch_size=batch_size)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    losses = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, "cpu")
    return {"losses": losses, "weight": net.weight.detach(), "bias": net.bias.detach()}


@probe
def modes_while_training(train):
    """`model.training` at each forward pass of two epochs of two batches; the model comes in eval mode."""
    from torch.utils.data import DataLoader, TensorDataset

    modes = []

    class Watched(nn.Linear):
        def forward(self, x):
            modes.append(self.training)
            return super().forward(x)

    generator = torch.Generator().manual_seed(0)
    net = Watched(3, 2).eval()
    loader = DataLoader(TensorDataset(torch.randn(6, 3, generator=generator), torch.arange(6) % 2), batch_size=3)
    train(net, loader, torch.optim.SGD(net.parameters(), lr=0.1), nn.CrossEntropyLoss(), 2, "cpu")
    return modes


@probe
def percent_right(evaluate, features, labels, weight, bias, batch_size):
    """What `evaluate` returns for a linear model."""
    from torch.utils.data import DataLoader, TensorDataset

    net = nn.Linear(weight.shape[1], weight.shape[0])
    net.load_state_dict({"weight": weight, "bias": bias})
    return evaluate(net, DataLoader(TensorDataset(features, labels), batch_size=batch_size), "cpu")


def sgd_by_hand(features, labels, weight, bias, batch_size, epochs, lr):
    """Plain SGD on the mean cross-entropy, with its gradient written out: (p - onehot) x / N. Float64."""
    x, y = features.double().numpy(), labels.numpy()
    w, b = weight.double().numpy().copy(), bias.double().numpy().copy()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch_size):
            inputs, targets = x[start : start + batch_size], y[start : start + batch_size]
            scores = np.exp(inputs @ w.T + b)  # (N, 4) x (4, 3) + (3,) -> (N, 3)
            p = scores / scores.sum(axis=1, keepdims=True)
            total -= np.log(p[np.arange(len(targets)), targets]).sum()
            wrong = (p - np.eye(len(b))[targets]) / len(targets)
            w -= lr * wrong.T @ inputs
            b -= lr * wrong.sum(axis=0)
        losses.append(total / len(x))
    return losses, w, b


def assert_losses(losses, expected, what):
    """One number an epoch, near `expected`, none of which drags a graph along."""
    graph = isinstance(losses, list | tuple) and any(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses)
    assert_that(
        not graph,
        f"{what}: expected plain numbers, got tensors that require a gradient.",
        hint="loss.item() is the number; the tensor keeps the graph of every batch in memory.",
    )
    assert_close(losses, expected, rtol=1e-4, what=what)


@pytest.mark.question("Q4", points=1)
def test_one_loss_an_epoch(student):
    """train returns a list with one plain number an epoch."""
    problem = classification(8, seed=1)
    out = trained_linear(student, student.train, *problem, 4, 3, 0.2)
    assert_losses(out["losses"], sgd_by_hand(*problem, 4, 3, 0.2)[0], what="the losses of three epochs")


@pytest.mark.question("Q4", points=1.5)
def test_mean_is_over_samples(student):
    """train's mean loss is over samples: with batches of 4, 4 and 2 the small batch counts half as much."""
    problem = classification(10, seed=2)
    out = trained_linear(student, student.train, *problem, 4, 1, 0.0)
    assert_losses(out["losses"], sgd_by_hand(*problem, 4, 1, 0.0)[0], what="the losses of one epoch at learning rate 0")


@pytest.mark.question("Q4", points=3)
def test_weights_after_training(student):
    """After two epochs of train with plain SGD the weights are those worked by hand: each step uses its own batch's gradient alone."""
    problem = classification(10, seed=3)
    out = trained_linear(student, student.train, *problem, 4, 2, 0.3)
    _, weight, bias = sgd_by_hand(*problem, 4, 2, 0.3)
    assert_close(out["weight"], torch.tensor(weight, dtype=torch.float32), rtol=1e-4, atol=1e-5, what="the weight after training")
    assert_close(out["bias"], torch.tensor(bias, dtype=torch.float32), rtol=1e-4, atol=1e-5, what="the bias after training")


@probe
def regression(train, x, y, weight, epochs):
    """Losses of a linear model under Adam and the mean squared error, all samples in one batch."""
    from torch.utils.data import DataLoader, TensorDataset

    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    net.load_state_dict({"weight": weight})
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    return train(net, DataLoader(TensorDataset(x, y), batch_size=len(x)), optimizer, nn.MSELoss(), epochs, "cpu")


@pytest.mark.question("Q4", points=1)
def test_optimizer_and_criterion_are_those_given(student):
    """train uses the optimizer and the criterion that come in: here Adam and the mean squared error."""
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


@pytest.mark.question("Q4", points=1)
def test_train_mode_while_training(student):
    """train puts the model in train mode, whatever mode it comes in."""
    assert_equal(modes_while_training(student, student.train), [True] * 4, what="model.training at each forward pass")


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


@pytest.mark.question("Q4", points=1)
def test_batches_are_moved(student):
    """train moves the model, and inputs and targets of every batch, to the device with .to(device)."""
    diary = diary_of_training(student, student.train)
    assert_that(diary["model"], "train: expected model.to(device), found that the model was not moved.")
    assert_equal(diary["inputs"], [True] * 6, what="whether the inputs of each batch were moved before the model got them")
    assert_that(False not in diary["targets"], "The targets of a batch were not moved before the criterion got them.")


@pytest.mark.question("Q4", points=1.5)
def test_evaluate_gives_percent(student):
    """evaluate returns how many percent of the samples are right."""
    features, labels, weight, bias = classification(10, seed=4)
    right = ((features @ weight.T + bias).argmax(dim=1) == labels).sum().item()
    percent = percent_right(student, student.evaluate, features, labels, weight, bias, 5)
    assert_close(percent, 10.0 * right, rtol=1e-5, what=f"evaluate, {right} of 10 right")


@probe
def percent_of_identity(evaluate, scores, labels, batch_size):
    """What `evaluate` returns for a model that gives its input back as scores."""
    from torch.utils.data import DataLoader, TensorDataset

    return evaluate(nn.Identity(), DataLoader(TensorDataset(scores, labels), batch_size=batch_size), "cpu")


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


@pytest.mark.question("Q4", points=1)
def test_evaluate_in_eval_mode(student):
    """evaluate runs in eval mode: BatchNorm's running statistics and the weights stay as they were."""
    diary = diary_of_evaluation(student, student.evaluate)
    assert_equal(diary["training"], [False, False], what="model.training at each forward pass")
    for name, before in diary["before"].items():
        assert_close(diary["after"][name], before, what=f"{name} after evaluate")


@pytest.mark.question("Q4", points=1)
def test_evaluate_builds_no_graph(student):
    """evaluate builds no graph, as under torch.no_grad()."""
    assert_equal(
        diary_of_evaluation(student, student.evaluate)["graph"],
        [False, False],
        what="whether the scores require a gradient, batch by batch",
        hint="with torch.no_grad(): around the forward passes",
    )


# --- Q5: backprop through a circuit of gates --------------------------------------------------------------------------------------


@probe(returns=(object, object))
def run_gate(Gate, inputs, upstream):
    """The gate's value at `inputs`, and what it passes back for `upstream`."""
    gate = Gate()
    return gate.forward(*inputs), gate.backward(upstream)


@probe(returns=(object, [object]))
def run_circuit(CircuitNode, gates, wires, values):
    """Build a circuit, run it forwards and backwards: its value, and the gradient of each input.

    values: one number an input node. wires: (gate's name, numbers of the nodes it takes), numbered on from the inputs.
    """
    nodes = [CircuitNode(value=value) for value in values]
    for gate, sources in wires:
        nodes.append(CircuitNode(gate=gates[gate](), inputs=tuple(nodes[source] for source in sources)))
    value = nodes[-1].forward()
    nodes[-1].backward()
    return value, [node.grad for node in nodes[: len(values)]]


def gates_of(student):
    return {"add": student.AddGate, "mul": student.MulGate, "max": student.MaxGate, "sigmoid": student.SigmoidGate}


def assert_gate(out, value, gradients, what):
    """`out` is (value, gradients), the gradients one for each input."""
    found, passed_back = out
    assert_close(found, value, rtol=1e-9, atol=1e-12, what=f"{what}.forward")
    assert_close(passed_back, gradients, rtol=1e-9, atol=1e-12, what=f"{what}.backward, one gradient for each input")


@pytest.mark.question("Q5", points=2)
@given(x=numbers, y=numbers, upstream=numbers)
def test_add_gate(student, x, y, upstream):
    """AddGate adds, and passes the gradient on to both inputs."""
    assert_gate(run_gate(student, student.AddGate, [x, y], upstream), x + y, (upstream, upstream), "AddGate")


@pytest.mark.question("Q5", points=2)
@given(x=numbers, y=numbers, upstream=numbers)
def test_mul_gate(student, x, y, upstream):
    """MulGate multiplies, and swaps the inputs on the way back."""
    assert_gate(run_gate(student, student.MulGate, [x, y], upstream), x * y, (upstream * y, upstream * x), "MulGate")


@pytest.mark.question("Q5", points=2)
@given(x=numbers, gap=st.floats(0.1, 5), upstream=numbers, x_is_larger=st.booleans())
def test_max_gate(student, x, gap, upstream, x_is_larger):
    """MaxGate picks the larger input, and routes the gradient to it alone."""
    y, gradients = (x - gap, (upstream, 0.0)) if x_is_larger else (x + gap, (0.0, upstream))
    assert_gate(run_gate(student, student.MaxGate, [x, y], upstream), max(x, y), gradients, "MaxGate")


@pytest.mark.question("Q5", points=3)
@given(x=numbers, upstream=numbers)
def test_sigmoid_gate(student, x, upstream):
    """SigmoidGate is 1 / (1 + exp(-x)), its derivative s (1 - s)."""
    s = 1 / (1 + math.exp(-x))
    assert_gate(run_gate(student, student.SigmoidGate, [x], upstream), s, (upstream * s * (1 - s),), "SigmoidGate")


@pytest.mark.question("Q5", points=3)
def test_worked_circuit(student):
    """(x + y) * z at (-2, 5, -4) is -12, with the gradients -4, -4 and 3."""
    wires = [["add", [0, 1]], ["mul", [3, 2]]]
    value, gradients = run_circuit(student, student.CircuitNode, gates_of(student), wires, [-2.0, 5.0, -4.0])
    assert_close(value, -12.0, what="(x + y) * z")
    assert_close(gradients, [-4.0, -4.0, 3.0], what="the gradients of x, y and z")


@pytest.mark.question("Q5", points=2)
def test_value_used_twice(student):
    """x * x + x at 3 is 12, and x sums the gradients of its three uses: 3 + 3 + 1 = 7; so does x + y in place of x, and passes 7 on."""
    wires = [["mul", [0, 0]], ["add", [1, 0]]]
    value, gradients = run_circuit(student, student.CircuitNode, gates_of(student), wires, [3.0])
    assert_close(value, 12.0, what="x * x + x")
    assert_close(gradients, [7.0], what="[x.grad]")
    wires = [["add", [0, 1]], ["mul", [2, 2]], ["add", [3, 2]]]
    value, gradients = run_circuit(student, student.CircuitNode, gates_of(student), wires, [1.0, 2.0])
    assert_close(value, 12.0, what="s * s + s with s = x + y at (1, 2)")
    assert_close(gradients, [7.0, 7.0], what="[x.grad, y.grad] of s * s + s with s = x + y")


@pytest.mark.question("Q5", points=1)
def test_sigmoid_of_large_numbers(student):
    """SigmoidGate holds at -1000 and 1000: values 0 and 1, gradients 0."""
    for x, value in ((-1000.0, 0.0), (1000.0, 1.0)):
        found, gradients = run_gate(student, student.SigmoidGate, [x], 2.0)
        assert_close(found, value, atol=1e-12, what=f"SigmoidGate.forward({x:.0f})")
        assert_close(gradients, (0.0,), atol=1e-12, what=f"SigmoidGate.backward at {x:.0f}")


@probe(returns=[(object, [object]), ...])
def run_circuit_on(CircuitNode, gates, wires, values, backwards):
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


def circuit_answers(student, wires, rows, backwards=1):
    """(value, gradients) of the student's circuit for each row of values."""
    answers = run_circuit_on(student, student.CircuitNode, gates_of(student), wires, rows, backwards)
    assert_equal(len(answers), len(rows), what="the number of answers of a circuit")
    return answers


@pytest.mark.question("Q5", points=1)
def test_backward_twice(student):
    """CircuitNode.backward starts afresh: called twice it leaves the same gradients as called once."""
    wires = [("mul", [0, 1]), ("add", [2, 0])]
    [(_, gradients)] = circuit_answers(student, wires, [(2.0, 5.0)], backwards=2)
    assert_close(gradients, [6.0, 2.0], what="the gradients of x * y + x at (2, 5) after a second backward")


@pytest.mark.question("Q5", points=1)
def test_forward_with_new_values(student):
    """When an input's value changes, forward and backward of a circuit follow."""
    wires = [("mul", [0, 1]), ("sigmoid", [2])]
    rows = [(0.5, 2.0), (-1.5, 0.4)]
    for row, (value, gradients) in zip(rows, circuit_answers(student, wires, rows), strict=True):
        s = 1 / (1 + math.exp(-row[0] * row[1]))
        assert_close(value, s, what=f"sigmoid(x * y) at {row}")
        assert_close(gradients, [s * (1 - s) * row[1], s * (1 - s) * row[0]], what=f"the gradients at {row}")


# --- Q6: a residual block ---------------------------------------------------------------------------------------------------------


def basic_block(in_channels, out_channels, stride, seed):
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


def random_images(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@probe
def eval_output(block, x):
    block.eval()
    with torch.no_grad():
        return block(x)


@pytest.mark.question("Q6", points=1.5)
def test_block_shapes(student):
    """ResidualBlock turns (2, 4, 6, 6) into (2, 4, 6, 6), with 8 channels into (2, 8, 6, 6), with stride 2 too into (2, 8, 3, 3)."""
    x = random_images(2, 4, 6, 6)
    for settings, shape in [((4, 4, 1), (2, 4, 6, 6)), ((4, 8, 1), (2, 8, 6, 6)), ((4, 8, 2), (2, 8, 3, 3))]:
        output = eval_output(student, student.ResidualBlock(*settings), x)
        assert_shape(output, shape, what=f"ResidualBlock{settings}(x)")


@pytest.mark.question("Q6", points=4)
def test_block_value(student):
    """With torchvision's weights copied in, the block computes what torchvision's BasicBlock computes."""
    twin, x = basic_block(6, 6, 1, seed=1).eval(), random_images(2, 6, 5, 7)
    block = student.ResidualBlock(6, 6)
    load_state(student, block, twin.state_dict(), match="order")
    with torch.no_grad():
        assert_close(eval_output(student, block, x), twin(x), rtol=1e-4, atol=1e-5, what="ResidualBlock(6, 6)(x)")


@pytest.mark.question("Q6", points=2)
def test_block_with_a_shortcut_of_its_own(student):
    """Where channels or size change, the shortcut is a 1x1 conv with a BatchNorm, as in torchvision's BasicBlock."""
    for in_channels, out_channels, stride in ((4, 6, 2), (4, 4, 2), (4, 6, 1)):
        twin = basic_block(in_channels, out_channels, stride, seed=7).eval()
        x = random_images(2, in_channels, 6, 5, seed=8)
        block = student.ResidualBlock(in_channels, out_channels, stride)
        load_state(student, block, twin.state_dict(), match="order")
        with torch.no_grad():
            what = f"ResidualBlock({in_channels}, {out_channels}, stride={stride})(x)"
            assert_close(output(student, block, x, False), twin(x), rtol=1e-4, atol=1e-5, what=what)


@pytest.mark.question("Q6", points=2)
def test_block_without_branch_is_relu(student):
    """With the last BatchNorm's weight and bias at zero the branch is silent and the block is ReLU(x)."""
    state = basic_block(6, 6, 1, seed=2).state_dict()
    state["bn2.weight"], state["bn2.bias"] = torch.zeros(6), torch.zeros(6)
    block, x = student.ResidualBlock(6, 6), random_images(2, 6, 4, 4, seed=3)
    load_state(student, block, state, match="order")
    assert_close(eval_output(student, block, x), x.clamp(min=0), what="the block's output")


@pytest.mark.question("Q6", points=2)
def test_block_parameters(student):
    """ResidualBlock(64, 64) has 73,984 parameters and ResidualBlock(64, 128, stride=2) has 230,144."""
    for arguments, total in (((64, 64), 73_984), ((64, 128, 2), 230_144)):
        block = student.ResidualBlock(*arguments)
        assert_parameters(parameters_of(student, block), total=total, what=f"ResidualBlock{arguments}")


@probe
def output(block, x, training):
    block.train(training)
    with torch.no_grad():
        return block(x)


@pytest.mark.question("Q6", points=1)
def test_block_in_train_mode(student):
    """In train mode ResidualBlock's BatchNorm uses the batch, and nothing is dropped."""
    twin, x = basic_block(4, 4, 1, seed=2).train(), random_images(3, 4, 5, 5, seed=4)
    block = student.ResidualBlock(4, 4)
    load_state(student, block, twin.state_dict(), match="order")
    with torch.no_grad():
        expected = twin(x)
    for _ in range(2):
        assert_close(output(student, block, x, True), expected, rtol=1e-4, atol=1e-5, what="the block's output in train mode")


@probe
def eval_mode(block):
    return block.eval()


@pytest.mark.question("Q6", points=1)
def test_block_gradient(student):
    """The gradient reaches ResidualBlock's input by the branch and by the shortcut."""
    twin, x = basic_block(4, 4, 1, seed=3).eval(), random_images(2, 4, 5, 5, seed=5)
    block = student.ResidualBlock(4, 4)
    load_state(student, block, twin.state_dict(), match="order")
    weights = random_images(2, 4, 5, 5, seed=6)
    expected = autograd_gradients(copy.deepcopy(twin).double(), {"x": x.double()}, cotangent=weights.double(), wrt=["x"])
    evaluated = eval_mode(student, block)
    found = gradients_of(student, evaluated, {"x": x}, cotangent=weights, wrt=["x"])
    assert_gradients({"x": found.get("x")}, {"x": expected["x"]}, rtol=1e-3, atol=1e-4)


# --- Q7: six cells from the same start --------------------------------------------------------------------------------------------


@probe(returns={"table": object, "batches": [[float]], "weight": object, "bias": object})
def sweep_linear(sweep, names, batch_sizes, features, labels, weight, bias, options):
    """The table for a linear model, the batches it met (each sample's first feature), and the model's own weights afterwards."""
    from torch.utils.data import TensorDataset

    batches = []
    net = nn.Linear(weight.shape[1], weight.shape[0])  # the library's own: it can be copied in any way, by pickle too
    net.load_state_dict({"weight": weight, "bias": bias})
    classes = {name: getattr(torch.optim, name) for name in names}

    def note_batch(module, inputs):
        if isinstance(module, nn.Linear):
            batches.append(inputs[0][:, 0].tolist())

    watch = nn.modules.module.register_module_forward_pre_hook(note_batch)
    try:
        table = sweep(classes, batch_sizes, net, TensorDataset(features, labels), **options)
    finally:
        watch.remove()
    return {"table": table, "batches": batches, "weight": net.weight.detach(), "bias": net.bias.detach()}


def last_loss(name, features, labels, weight, bias, epochs, lr):
    """The loss of the last of `epochs` full-batch steps of torch's own optimizer, in float64."""
    w, b = nn.Parameter(weight.double().clone()), nn.Parameter(bias.double().clone())
    library_optimizer = getattr(torch.optim, name)([w, b], lr=lr)
    for _ in range(epochs):
        loss = nn.functional.cross_entropy(features.double() @ w.T + b, labels)
        library_optimizer.zero_grad()
        loss.backward()
        library_optimizer.step()
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
    """Every cell of sweep starts from the same weights, and the model that comes in stays as it was."""
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
    """The batches of each cell of sweep have the size of its column."""
    problem = classification(20, seed=10)
    out = sweep_linear(student, student.sweep, ["SGD"], [8, 16], *problem, {"epochs": 2})
    sizes = list(map(len, out["batches"]))
    assert_equal(sizes, [8, 8, 4] * 2 + [16, 4] * 2, what="the sizes of the batches, 20 samples in batches of 8, then of 16")


@pytest.mark.question("Q7", points=0.5)
def test_each_epoch_in_a_new_order(student):
    """Each epoch of each cell of sweep takes the samples in a new random order."""
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


# --- Q7t: Adam against plain SGD on MNIST -----------------------------------------------------------------------------------------


def sweep_digits(data, sweep):
    """Runs where your code runs: your sweep on digits, sorted by label, with a network of one hidden layer, ten epochs a cell.

    The optimizers keep the weights after their latest step, so that each cell's network can be looked at when all is over.
    """
    from torch.utils.data import Subset

    batch, cells = [0], {}

    def perceptron():
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

    def note_size(module, inputs):
        if isinstance(module, nn.Flatten):
            batch[0] = len(inputs[0])

    def that_keeps(kind):
        class Keeping(kind):
            def step(self, *args, **kwargs):
                loss = super().step(*args, **kwargs)
                self.size = getattr(self, "size", batch[0])
                weights = [weight for group in self.param_groups for weight in group["params"]]
                cells[f"{kind.__name__.lower()}_{self.size}"] = [weight.detach().clone() for weight in weights]
                return loss

        return Keeping

    in_order = sorted(range(len(data.train_set)), key=data.train_set.labels.__getitem__)
    optimizers = {"Adam": that_keeps(torch.optim.Adam), "SGD": that_keeps(torch.optim.SGD)}
    watch = nn.modules.module.register_module_forward_pre_hook(note_size)
    table = sweep(optimizers, [16, 64, 256], perceptron(), Subset(data.train_set, in_order), device=data.device)
    watch.remove()
    for name in ("adam_16", "adam_64", "adam_256", "sgd_16", "sgd_64", "sgd_256"):
        if name not in cells:
            optimizer, size = name.split("_")
            raise ValueError(
                f"sweep: expected six cells, found that no optimizer {optimizer} took a first step with {size} images."
            )
        data.networks[name] = perceptron().to(data.device)
        with torch.no_grad():
            for weight, kept in zip(data.networks[name].parameters(), cells[name], strict=True):
                weight.copy_(kept)
    return table


@pytest.mark.question("Q7t", points=1)
@pytest.mark.training("sweep")
def test_adam_learns_digits(student, training):
    """Trained by your sweep with Adam and batches of 16, a small network gets most digits right that it has never seen."""
    training.own_loop(sweep_digits, student.sweep, any_length=True)
    training.demand("adam_16")


@pytest.mark.question("Q7t", points=2)
@pytest.mark.training("sweep")
def test_sgd_falls_behind_at_256(student, training):
    """At batch size 256 plain SGD ends with a higher loss than Adam, and with far fewer digits right."""
    table = training.own_loop(sweep_digits, student.sweep, any_length=True)
    losses = {}
    for name in ("Adam", "SGD"):
        row = table.get(name) if isinstance(table, dict) else None
        losses[name] = row.get(256) if isinstance(row, dict) else None
        number = isinstance(losses[name], float) and math.isfinite(losses[name])
        assert_that(number, f"table[{name!r}][256]: expected a loss, found {losses[name]!r:.80}.", evidence=table)
    adam, sgd = losses["Adam"], losses["SGD"]
    assert_that(sgd > adam, f"expected plain SGD to end above Adam at 256, found {sgd:.3f} for SGD and {adam:.3f} for Adam.")
    training.demand("adam_256-sgd_256")


# --- Q8: 98 % on MNIST ------------------------------------------------------------------------------------------------------------


def fit_digits(data, mnist_resnet18, fit_mnist):
    """Runs where your code runs: your fit_mnist on your mnist_resnet18. What it returns is scored; if that is no network, the model.

    Returns what is wrong with what came back, and how often the model was in train mode and in eval mode where gradients were wanted.
    """
    model = mnist_resnet18()
    weights = sum(weight.numel() for weight in model.parameters())
    data.networks = {"net": model}
    modes = {True: 0, False: 0}

    def look(net, inputs):
        if type(net) is type(model):
            modes[net.training] += torch.is_grad_enabled()

    watch = nn.modules.module.register_module_forward_pre_hook(look)
    returned = fit_mnist(model, data.train_set, data.device)
    watch.remove()
    wrong = ""
    if isinstance(returned, nn.Module):
        data.networks["net"] = returned
        kept = sum(weight.numel() for weight in returned.parameters())
        if kept < weights:
            wrong = f"a network of {kept:,} weights"
    else:
        wrong = type(returned).__name__
    return wrong, modes[True], modes[False]


def facts_of_fitting(student, training):
    facts = training.own_loop(fit_digits, student.mnist_resnet18, student.fit_mnist, any_length=True)
    assert_equal([type(fact).__name__ for fact in facts], ["str", "int", "int"], what="the facts about fit_mnist")
    return facts


@pytest.mark.question("Q8", points=2)
@pytest.mark.training("digits")
def test_fit_mnist_returns_the_model(student, training):
    """fit_mnist comes to its end within the time limit, and returns the model."""
    wrong, _, _ = facts_of_fitting(student, training)
    assert_equal(wrong, "", what="what fit_mnist returned in place of the model")


@pytest.mark.question("Q8", points=2)
@pytest.mark.training("digits")
def test_fit_mnist_trains_in_train_mode(student, training):
    """fit_mnist trains the model in train mode."""
    _, train, evaluation = facts_of_fitting(student, training)
    assert_that(
        train > 0 and train >= evaluation,
        f"fit_mnist: expected train mode while it trains, found it in {train:,} batches and eval mode in {evaluation:,}.",
    )


@pytest.mark.question("Q8", points=6)
@pytest.mark.training("digits")
def test_fit_mnist_learns_digits(student, training):
    """Trained by your fit_mnist, your mnist_resnet18 gets nearly all digits right that it has never seen."""
    facts_of_fitting(student, training)
    training.demand("net")
