"""Public checks of mnist_resnet: what they test is in their titles, and you may read and run all of it."""

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
    assert_parameters,
    assert_shape,
    assert_that,
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
    """Images (2, 1, 28, 28) give scores (2, 10)."""
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


@pytest.mark.question("Q4", points=2)
def test_mean_is_over_samples(student):
    """The mean loss is over samples: with batches of 4, 4 and 2 the small batch counts half as much."""
    problem = classification(10, seed=2)
    out = trained_linear(student, student.train, *problem, 4, 1, 0.0)
    assert_losses(out["losses"], sgd_by_hand(*problem, 4, 1, 0.0)[0], what="the losses of one epoch at learning rate 0")


@pytest.mark.question("Q4", points=3)
def test_weights_after_training(student):
    """After two epochs of plain SGD the weights are those worked by hand: each step uses its own batch's gradient alone."""
    problem = classification(10, seed=3)
    out = trained_linear(student, student.train, *problem, 4, 2, 0.3)
    _, weight, bias = sgd_by_hand(*problem, 4, 2, 0.3)
    assert_close(out["weight"], torch.tensor(weight, dtype=torch.float32), rtol=1e-4, atol=1e-5, what="the weight after training")
    assert_close(out["bias"], torch.tensor(bias, dtype=torch.float32), rtol=1e-4, atol=1e-5, what="the bias after training")


@pytest.mark.question("Q4", points=1)
def test_train_mode_while_training(student):
    """train puts the model in train mode, whatever mode it comes in."""
    assert_equal(modes_while_training(student, student.train), [True] * 4, what="model.training at each forward pass")


@pytest.mark.question("Q4", points=2)
def test_evaluate_gives_percent(student):
    """evaluate returns how many percent of the samples are right."""
    features, labels, weight, bias = classification(10, seed=4)
    right = ((features @ weight.T + bias).argmax(dim=1) == labels).sum().item()
    percent = percent_right(student, student.evaluate, features, labels, weight, bias, 5)
    assert_close(percent, 10.0 * right, rtol=1e-5, what=f"evaluate, {right} of 10 right")


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
    """x * x + x at 3 is 12, and x sums the gradients of its three uses: 3 + 3 + 1 = 7."""
    wires = [["mul", [0, 0]], ["add", [1, 0]]]
    value, gradients = run_circuit(student, student.CircuitNode, gates_of(student), wires, [3.0])
    assert_close(value, 12.0, what="x * x + x")
    assert_close(gradients, [7.0], what="[x.grad]")


# --- Q6: a residual block ---------------------------------------------------------------------------------------------------------


def torchvision_block(in_channels, out_channels, stride, seed):
    """torchvision's BasicBlock with random weights and running statistics, in eval mode."""
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
    return block.eval()


def random_images(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@probe
def eval_output(block, x):
    block.eval()
    with torch.no_grad():
        return block(x)


@pytest.mark.question("Q6", points=2)
def test_block_shapes(student):
    """(2, 4, 6, 6) becomes (2, 4, 6, 6), with 8 channels (2, 8, 6, 6), with 8 channels and stride 2 (2, 8, 3, 3)."""
    x = random_images(2, 4, 6, 6)
    for settings, shape in [((4, 4, 1), (2, 4, 6, 6)), ((4, 8, 1), (2, 8, 6, 6)), ((4, 8, 2), (2, 8, 3, 3))]:
        output = eval_output(student, student.ResidualBlock(*settings), x)
        assert_shape(output, shape, what=f"ResidualBlock{settings}(x)")


@pytest.mark.question("Q6", points=4)
def test_block_value(student):
    """With torchvision's weights copied in, the block computes what torchvision's BasicBlock computes."""
    twin, x = torchvision_block(6, 6, 1, seed=1), random_images(2, 6, 5, 7)
    block = student.ResidualBlock(6, 6)
    load_state(student, block, twin.state_dict(), match="order")
    with torch.no_grad():
        assert_close(eval_output(student, block, x), twin(x), rtol=1e-4, atol=1e-5, what="ResidualBlock(6, 6)(x)")


@pytest.mark.question("Q6", points=2)
def test_block_without_branch_is_relu(student):
    """With the last BatchNorm's weight and bias at zero the branch is silent and the block is ReLU(x)."""
    state = torchvision_block(6, 6, 1, seed=2).state_dict()
    state["bn2.weight"], state["bn2.bias"] = torch.zeros(6), torch.zeros(6)
    block, x = student.ResidualBlock(6, 6), random_images(2, 6, 4, 4, seed=3)
    load_state(student, block, state, match="order")
    assert_close(eval_output(student, block, x), x.clamp(min=0), what="the block's output")


# --- Q7t: Adam against plain SGD on MNIST -----------------------------------------------------------------------------------------


def sweep_digits(data, sweep):
    """Runs where your code runs: your sweep on digits, sorted by label, with a network of one hidden layer, ten epochs a cell.

    The optimizers keep the weights after their latest step, so that each cell's network can be looked at when all is over.
    """
    from torch.utils.data import Subset

    batch, cells = [0], {}

    class Perceptron(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

        def forward(self, x):
            batch[0] = len(x)
            return self.layers(x)

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
    table = sweep(optimizers, [16, 64, 256], Perceptron(), Subset(data.train_set, in_order), device=data.device)
    for name in ("adam_16", "adam_64", "adam_256", "sgd_16", "sgd_64", "sgd_256"):
        if name not in cells:
            optimizer, size = name.split("_")
            raise ValueError(
                f"sweep: expected six cells, found that no optimizer {optimizer} took a first step with {size} images."
            )
        data.networks[name] = Perceptron().to(data.device)
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
        modes[net.training] += torch.is_grad_enabled()

    model.register_forward_pre_hook(look)
    returned = fit_mnist(model, data.train_set, data.device)
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
