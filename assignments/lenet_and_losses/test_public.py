"""Public checks of `lenet_and_losses`: what `grader check` runs.

The hidden checks ask for the same contract on other inputs.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader import (
    Remote,
    assert_close,
    assert_equal,
    assert_parameters,
    assert_shape,
    assert_that,
    assert_unchanged,
    forward,
    gradients_of,
    library,
    optimizer_of,
    parameters_of,
    probe,
    randomise,
    state_of,
    training_mode,
)

EXAMPLE = np.array([0.001, 0.9, 0.001, 0.098]), np.array([0, 0, 0, 1])  # the handout's y and t


def random(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# Q1: LeNet ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q1", points=3)
def test_net_parameters(student):
    """Net has 61,706 parameters in 10 tensors, first the weights of six 5×5 filters."""
    shapes = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]
    assert_parameters(parameters_of(student, student.Net()), total=61_706, tensors=10, shapes=shapes, what="Net()")


@pytest.mark.question("Q1", points=4)
def test_net_gives_raw_scores_for_any_batch_size(student):
    """Net gives raw scores of shape (N, 10) for N = 1, 4 and 7, each image's by itself: neither ReLU nor softmax on them."""
    net = student.Net()
    randomise(student, net, seed=1)
    images, known = random(7, 1, 32, 32), None
    for n in (7, 4, 1):
        scores = forward(student, net, images[:n])
        assert_shape(scores, (n, 10), what=f"Net()(x) for x of shape ({n}, 1, 32, 32)")
        assert_that(isinstance(scores, torch.Tensor), "Net()(x) should be a tensor; found something else")
        known = scores if known is None else known
        what = f"the scores of {n} of 7 images, against those of the same images among the 7"
        assert_close(scores, known[:n], rtol=1e-3, atol=1e-4, what=what, hint="In eval mode nothing is random.")
    scores = known.double()
    some_differ = bool((scores - scores[0]).abs().max() > 1e-4)
    assert_that(some_differ, "Net()(x) should depend on x; found the same scores for 7 different images", evidence=scores)
    for sums, kind in ((scores.sum(dim=1), "softmax"), (scores.exp().sum(dim=1), "log-softmax")):
        some_far_from_one = bool(((sums - 1).abs() > 1e-3).any())
        assert_that(some_far_from_one, f"Net()(x) should be raw scores; found a {kind}", hint="The loss takes raw scores.")
    some_negative = bool((scores < 0).any())
    assert_that(some_negative, "Net()(x) should have negative scores too; found none", hint="Is there a ReLU on the output?")


@probe
def num_flat_features(net, x):
    """What the method says, asked in the student's process."""
    return net.num_flat_features(x)


@pytest.mark.question("Q1", points=2)
def test_num_flat_features(student):
    """num_flat_features of a (2, 16, 5, 5) tensor is 400, and of a (3, 4, 7) tensor 28."""
    net = student.Net()
    for shape, expected in (((2, 16, 5, 5), 400), ((3, 4, 7), 28)):
        count = num_flat_features(student, net, random(*shape))
        assert_equal(count, expected, what=f"num_flat_features(x) for x of shape {shape}")


def each_once(state):
    """The state without repeats: a layer kept as an attribute and in an nn.Sequential too has two names. Random values tell."""
    once = {}
    for name, value in state.items():
        if not any(value.dtype == known.dtype and torch.equal(value, known) for known in once.values()):
            once[name] = value
    return once


def layers(state, shapes, what):
    """(weight, bias) in float64 of the layers whose weights have the given shapes, whatever their names; equal shapes in order."""
    left, found = list(each_once(state).values()), []
    for shape in shapes:
        at = next((i for i, value in enumerate(left) if tuple(value.shape) == shape), None)
        assert_that(at is not None, f"{what} should have a weight of shape {shape}; found none that is left for it")
        weight = left.pop(at)
        at = next((i for i, value in enumerate(left) if i >= at and tuple(value.shape) == shape[:1]), None)
        assert_that(at is not None, f"{what} should have a bias of shape {shape[:1]} with its weight of shape {shape}; found none")
        found.append((weight.double(), left.pop(at).double()))
    return found


def lenet_oracle(x, parameters, between=lambda _, x: x):
    """LeNet's scores in float64; `between` comes after each of the two convolutions."""
    x = x.double()
    for i, (w, b) in enumerate(parameters[:2]):
        x = F.max_pool2d(F.relu(between(i, F.conv2d(x, w, b))), 2)  # (N, 1 or 3, 32, 32) -> (N, 6, 14, 14) -> (N, 16, 5, 5)
    x = x.flatten(1)  # (N, 400)
    for w, b in parameters[2:-1]:
        x = F.relu(F.linear(x, w, b))
    return F.linear(x, *parameters[-1])  # (N, 10)


def lenet_shapes(channels):
    return [(6, channels, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]


@pytest.mark.question("Q1", points=3)
def test_net_computes_lenet(student):
    """With given weights Net computes LeNet's scores."""
    net = student.Net()
    parameters = layers(randomise(student, net, seed=2), lenet_shapes(1), "Net()")
    x = random(2, 1, 32, 32, seed=3)
    assert_close(forward(student, net, x), lenet_oracle(x, parameters).float(), rtol=1e-4, atol=1e-4, what="Net()(x)")


# Q2: a training step by hand ------------------------------------------------------------------------------------------------------


@probe
def network_with(weights):
    """A net with a layer conv1, (N, 1, 6, 6) -> (N, 3), made in the student's process: Q2 does not depend on Q1."""
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(1, 2, 3))
    net.add_module("relu", nn.ReLU())
    net.add_module("flat", nn.Flatten())
    net.add_module("fc", nn.Linear(32, 3))
    net.load_state_dict(weights)
    return net


def small_net(student):
    """That net, and its weights."""
    weights = {
        "conv1.weight": random(2, 1, 3, 3, seed=2),
        "conv1.bias": random(2, seed=3),
        "fc.weight": random(3, 32, seed=4) / 4,
        "fc.bias": random(3, seed=5),
    }
    return network_with(student, weights), weights


def small_loss_and_gradients(weights, x, target):
    """The mean squared error of that net and its gradients, by autograd in float64."""
    w = {name: value.double().requires_grad_() for name, value in weights.items()}
    hidden = F.relu(F.conv2d(x.double(), w["conv1.weight"], w["conv1.bias"])).flatten(1)
    loss = ((F.linear(hidden, w["fc.weight"], w["fc.bias"]) - target.double()) ** 2).mean()
    return loss.detach(), dict(zip(w, torch.autograd.grad(loss, list(w.values())), strict=True))


def one_step(student, net, x, target, **options):
    result = student.training_step(net, x, target, **options)
    is_triple = isinstance(result, (tuple, list)) and len(result) == 3
    assert_that(is_triple, "training_step should return (loss, grad_before, grad_after); found something else", evidence=result)
    return result


@pytest.mark.question("Q2", points=2)
def test_training_step_returns_the_mean_squared_error(student):
    """training_step's loss is the mean of (net(input) − target)² before the update."""
    net, weights = small_net(student)
    x, target = random(5, 1, 6, 6, seed=6), random(5, 3, seed=7)
    loss, _, _ = one_step(student, net, x, target)
    assert_close(loss, small_loss_and_gradients(weights, x, target)[0], rtol=1e-5, what="loss")


@pytest.mark.question("Q2", points=3)
def test_training_step_returns_the_gradient_after_backward(student):
    """training_step's grad_after is the gradient of the loss with respect to conv1.bias."""
    net, weights = small_net(student)
    x, target = random(5, 1, 6, 6, seed=6), random(5, 3, seed=7)
    _, _, grad_after = one_step(student, net, x, target)
    assert_close(grad_after, small_loss_and_gradients(weights, x, target)[1]["conv1.bias"], rtol=1e-4, what="grad_after")


@pytest.mark.question("Q2", points=4)
def test_training_step_updates_every_parameter(student):
    """training_step turns every parameter w into w − lr · gradient, with lr = 0.01 unless told otherwise."""
    x, target = random(5, 1, 6, 6, seed=6), random(5, 3, seed=7)
    for options, lr in (({}, 0.01), ({"lr": 0.2}, 0.2)):
        net, weights = small_net(student)
        one_step(student, net, x, target, **options)
        _, gradients = small_loss_and_gradients(weights, x, target)
        after = state_of(student, net)
        for name, w in weights.items():
            assert_close(after.get(name), w - lr * gradients[name], rtol=1e-5, atol=1e-6, what=f"{name} after a step with lr={lr}")


@probe
def net_with_conv1_alone(weight, bias):
    """A net whose only layer is conv1, (N, 1, 2, 2) -> (N, 3, 1, 1), made in the student's process."""
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(1, 3, 2))
    net.load_state_dict({"conv1.weight": weight, "conv1.bias": bias})
    return net


def three_parts(result):
    is_triple = isinstance(result, (tuple, list)) and len(result) == 3
    assert_that(is_triple, "training_step should return (loss, grad_before, grad_after); found something else", evidence=result)
    return result


@pytest.mark.question("Q2", points=3)
def test_training_step_clears_the_gradients_first(student):
    """A second training_step adds nothing to the first one's gradient: cleared before, its own after."""
    net = net_with_conv1_alone(student, random(3, 1, 2, 2, seed=4), random(3, seed=5))
    for step in ("first", "second"):
        x, target, state = random(4, 1, 2, 2, seed=6), random(4, 3, 1, 1, seed=7), state_of(student, net)
        result = student.training_step(net, x, target)
        _, before, after = three_parts(result)
        if before is not None:
            assert_close(before, torch.zeros(3), atol=0.0, what=f"grad_before of the {step} step")
        for name, shape in (("conv1.weight", (3, 1, 2, 2)), ("conv1.bias", (3,))):
            assert_shape(state.get(name), shape, what=f"{name} at the {step} step")
        error = F.conv2d(x, state["conv1.weight"], state["conv1.bias"]) - target  # (4, 3, 1, 1)
        expected = 2 * error.sum(dim=(0, 2, 3)) / error.numel()
        assert_close(after, expected, rtol=1e-4, atol=1e-6, what=f"grad_after of the {step} step")


# Q3: CIFAR-10 -----------------------------------------------------------------------------------------------------------------


@probe(returns=(Remote, Remote))
def net_and_loader(scores, labels, batch_size):
    """A linear net with net(images) = images, and a loader whose images are the scores: batches in order, the last one smaller."""
    net = nn.Linear(scores.shape[1], scores.shape[1])
    net.load_state_dict({"weight": torch.eye(scores.shape[1]), "bias": torch.zeros(scores.shape[1])})
    return net, torch.utils.data.DataLoader(torch.utils.data.TensorDataset(scores, labels), batch_size=batch_size)


@probe(returns=(Remote, Remote))
def criterion_and_optimizer(net):
    return nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)


@pytest.mark.question("Q3", points=2)
def test_cifar_net_parameters(student):
    """CifarNet has 62,006 parameters in 10 tensors."""
    assert_parameters(parameters_of(student, student.CifarNet()), total=62_006, tensors=10, what="CifarNet()")


@pytest.mark.question("Q3", points=2)
def test_cifar_net_with_given_weights(student):
    """With given weights CifarNet computes its (N, 10) scores."""
    net = student.CifarNet()
    parameters = layers(randomise(student, net, seed=8), lenet_shapes(3), "CifarNet()")
    x = random(2, 3, 32, 32, seed=9)
    assert_close(forward(student, net, x), lenet_oracle(x, parameters).float(), rtol=1e-4, atol=1e-4, what="CifarNet()(x)")


@pytest.mark.question("Q3", points=2)
def test_train_returns_one_falling_loss_an_epoch(student):
    """train returns one plain number an epoch, and the losses fall."""
    x = random(12, 4, seed=8)
    net, loader = net_and_loader(student, x, (x @ random(4, 4, seed=9)).argmax(dim=1), batch_size=4)
    losses = student.train(net, loader, *criterion_and_optimizer(student, net), 3)
    assert_shape(losses, (3,), what="the losses of 3 epochs")
    graphs = isinstance(losses, (list, tuple)) and any(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses)
    hint = "loss.item() is the number; the tensor keeps the graph of every batch in memory."
    assert_that(not graphs, "the losses should be plain numbers; found tensors that require a gradient", hint=hint)
    values = torch.as_tensor(losses)  # a list of floats, or of 0-d tensors
    assert_that(values.is_floating_point(), f"the losses should be numbers with fractions; found {losses}", evidence=losses)
    falls = bool(values[0] > values[1] > values[2])
    assert_that(
        falls, f"the losses should fall; found {losses}", hint="Is optimizer.step() called after backward()?", evidence=losses
    )


@probe(returns=(Remote, Remote, Remote, Remote))
def linear_run(weight, bias, x, labels, batch_size, lr):
    """What `train` takes but the epochs: a linear net, its loader in order, a criterion and plain SGD."""
    net = nn.Linear(weight.shape[1], weight.shape[0])
    net.load_state_dict({"weight": weight, "bias": bias})
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, labels), batch_size=batch_size)
    return net, loader, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=lr)


@pytest.mark.question("Q3", points=2)
def test_train_averages_over_samples(student):
    """train's losses are means over the samples, with a last batch that is smaller, and each step uses its own gradient."""
    x, labels = random(7, 4, seed=10), torch.tensor([0, 2, 1, 1, 0, 2, 2])
    w, bias = random(3, 4, seed=11), random(3, seed=12)
    losses = student.train(*linear_run(student, w, bias, x, labels, 3, 0.5), 2)

    expected = []
    w, bias = w.double().requires_grad_(), bias.double().requires_grad_()
    for _ in range(2):
        loss_sum = 0.0
        for rows in torch.arange(7).split(3):
            loss = F.cross_entropy(F.linear(x[rows].double(), w, bias), labels[rows])
            grad_w, grad_bias = torch.autograd.grad(loss, (w, bias))
            w, bias = (w - 0.5 * grad_w).detach().requires_grad_(), (bias - 0.5 * grad_bias).detach().requires_grad_()
            loss_sum += loss.item() * len(rows)
        expected.append(loss_sum / 7)
    assert_close(losses, expected, rtol=1e-4, what="the losses of 2 epochs of 7 samples in batches of 3, 3 and 1")


@pytest.mark.question("Q3", points=2)
def test_accuracy_counts_every_sample_once(student):
    """accuracy is the percentage of right samples, also where the last batch is smaller."""
    scores = random(7, 3, seed=10)
    labels = scores.argmax(dim=1)
    labels[[1, 6]] = (labels[[1, 6]] + 1) % 3  # wrong: one in the batch of 4, one in the batch of 3
    net, loader = net_and_loader(student, scores, labels, batch_size=4)
    assert_close(student.accuracy(net, loader), 100 * 5 / 7, rtol=1e-5, what="accuracy of 5 right samples in 7")


@pytest.mark.question("Q3", points=2)
def test_per_class_accuracy_of_three_classes(student):
    """per_class_accuracy divides by the samples that have the label, class by class."""
    labels = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2])
    guesses = torch.tensor([0, 0, 0, 1, 1, 2, 2, 0, 0])
    net, loader = net_and_loader(student, F.one_hot(guesses, 3) + 0.1 * random(9, 3, seed=11), labels, batch_size=4)
    rates = student.per_class_accuracy(net, loader, 3)
    assert_close(rates, [75.0, 50.0, 100 / 3], rtol=1e-5, what="per_class_accuracy")


@probe(returns=(Remote, Remote))
def batch_norm_and_loader(mean, scores, labels):
    """A net that subtracts the mean in eval mode and each batch's own mean in train mode, and a loader in order."""
    net = nn.Sequential(nn.BatchNorm1d(len(mean)))
    net[0].running_mean.copy_(mean)
    return net, torch.utils.data.DataLoader(torch.utils.data.TensorDataset(scores, labels), batch_size=4)


@probe
def put_into_mode(net, training):
    net.train(training)


@probe
def output_as_it_is(net, x):
    """What the net gives in the mode in which it is; its running statistics stay as they are."""
    import copy

    with torch.no_grad():
        return copy.deepcopy(net)(x)


def assert_left_in_mode(student, net, training, mean, scores, what):
    """The net says so, and computes so: with the batch's own mean in train mode, with the mean that it knows in eval mode."""
    came, other = ("train", "eval") if training else ("eval", "train")
    kept = training_mode(student, net) == training
    assert_that(kept, f"{what} should leave a net in {came} mode as it came; found it in {other} mode afterwards")
    expected = F.batch_norm(scores, mean.clone(), torch.ones(len(mean)), training=training)
    hint = "net.train(mode) puts a net and all its layers into a mode; net.training = mode leaves the layers as they are."
    output = output_as_it_is(student, net, scores)
    assert_close(output, expected, rtol=1e-3, atol=1e-3, what=f"net(x) in {came} mode after {what}", hint=hint)


@pytest.mark.question("Q3", points=1)
def test_accuracy_in_eval_mode(student):
    """accuracy measures in eval mode and leaves the net in the mode in which it came."""
    mean, scores = torch.tensor([4.0, 0.0, -4.0]), random(8, 3, seed=13)
    labels = (scores - mean).argmax(dim=1)
    labels[0] = (labels[0] + 1) % 3
    net, loader = batch_norm_and_loader(student, mean, scores, labels)
    for mode in (True, False):
        put_into_mode(student, net, mode)
        assert_close(student.accuracy(net, loader), 87.5, rtol=1e-5, what="accuracy of a net whose BatchNorm knows the mean")
        assert_left_in_mode(student, net, mode, mean, scores, "accuracy")


@pytest.mark.question("Q3", points=1)
def test_per_class_accuracy_in_eval_mode(student):
    """per_class_accuracy measures in eval mode and leaves the net in the mode in which it came."""
    mean, scores = torch.tensor([4.0, 0.0, -4.0]), random(8, 3, seed=16)
    labels = (scores - mean).argmax(dim=1)
    labels[:3] = torch.tensor([0, 1, 2])  # every class has a sample
    right = ((scores - mean).argmax(dim=1) == labels).double()
    expected = [100 * right[labels == k].mean().item() for k in range(3)]
    net, loader = batch_norm_and_loader(student, mean, scores, labels)
    for mode in (True, False):
        put_into_mode(student, net, mode)
        rates = student.per_class_accuracy(net, loader, 3)
        assert_close(rates, expected, rtol=1e-5, what="per_class_accuracy of a net whose BatchNorm knows the mean")
        assert_left_in_mode(student, net, mode, mean, scores, "per_class_accuracy")


@probe(returns=(Remote, Remote))
def watched_net_and_loader(scores, labels):
    """A net that gives its input back and notes at each call whether a graph is built, and a loader in order."""

    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.graphs = []

        def forward(self, x):
            self.graphs.append(torch.is_grad_enabled())
            return x * self.scale

    return Watched(), torch.utils.data.DataLoader(torch.utils.data.TensorDataset(scores, labels), batch_size=4)


@probe(returns=[bool, ...])
def graphs_built(net):
    """Whether a graph was built, call by call."""
    return net.graphs


@pytest.mark.question("Q3", points=1)
def test_accuracies_build_no_graph(student):
    """accuracy and per_class_accuracy measure without a graph, as under torch.no_grad()."""
    scores = random(6, 3, seed=17)
    labels = scores.argmax(dim=1)
    net, loader = watched_net_and_loader(student, scores, labels)
    assert_close(student.accuracy(net, loader), 100.0, rtol=1e-5, what="accuracy of 6 right samples")
    assert_that(not any(graphs_built(student, net)), "accuracy should build no graph; it did")
    net, loader = watched_net_and_loader(student, scores, labels)
    expected = [100.0 if (labels == k).any() else math.nan for k in range(3)]
    assert_close(student.per_class_accuracy(net, loader, 3), expected, rtol=1e-5, equal_nan=True, what="per_class_accuracy")
    assert_that(not any(graphs_built(student, net)), "per_class_accuracy should build no graph; it did")


@pytest.mark.question("Q3", points=1)
def test_per_class_accuracy_without_samples(student):
    """per_class_accuracy has num_classes entries, nan for a class without samples."""
    guesses, labels = torch.tensor([0, 3, 11, 11, 11]), torch.tensor([0, 0, 11, 11, 11])
    images = F.one_hot(guesses, 12).float()
    net, loader, _, _ = linear_run(student, torch.eye(12), torch.zeros(12), images, labels, 2, 0.0)
    expected = [50.0] + [math.nan] * 10 + [100.0]
    rates = student.per_class_accuracy(net, loader, num_classes=12)
    assert_close(rates, expected, rtol=1e-5, equal_nan=True, what="per_class_accuracy of classes 0 and 11 alone")


# Q4: variations ------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q4a", points=2)
def test_deep_net_parameters(student):
    """DeepNet has 36,650 parameters: four different convolutions and one linear layer."""
    hint = "18,154 parameters mean that one convolution is used three times: every convolution needs weights of its own."
    assert_parameters(parameters_of(student, student.DeepNet()), total=36_650, tensors=10, what="DeepNet()", hint=hint)


@probe(returns=[object])
def convolution_outputs(net, x):
    """The shapes (channels, H, W) that the net's nn.Conv2d layers give for x, in the order of their calls."""
    shapes = []
    hooks = [
        m.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape[1:])))
        for m in net.modules()
        if isinstance(m, nn.Conv2d)
    ]
    net(x)
    for hook in hooks:
        hook.remove()
    return shapes


@pytest.mark.question("Q4a", points=2)
def test_deep_net_with_given_weights(student):
    """With given weights DeepNet computes its scores; the feature maps are 30, 28, 12 and 10 wide."""
    net = student.DeepNet()
    parameters = layers(randomise(student, net, seed=14), [(32, 3, 3, 3)] + 3 * [(32, 32, 3, 3)] + [(10, 800)], "DeepNet()")
    x = random(2, 3, 32, 32, seed=15)
    maps = convolution_outputs(student, net, x[:1])
    if maps != []:  # a net may call F.conv2d instead; its scores tell then
        assert_equal(maps, [(32, 30, 30), (32, 28, 28), (32, 12, 12), (32, 10, 10)], what="the outputs of DeepNet's convolutions")
    expected = x.double()
    for pair in (parameters[:2], parameters[2:4]):
        for w, b in pair:
            expected = F.conv2d(expected, w, b)
        expected = F.max_pool2d(F.relu(expected), 2)
    expected = F.linear(expected.flatten(1), *parameters[4])
    assert_close(forward(student, net, x), expected.float(), rtol=1e-4, atol=1e-4, what="DeepNet()(x)")


@pytest.mark.question("Q4b", points=2)
def test_adam_has_every_parameter_and_the_learning_rate(student):
    """make_adam gives torch's Adam with lr 0.001 over all parameters of the net."""
    adam = optimizer_of(student, student.make_adam(library(student, "torch.nn").Linear(3, 2)))
    assert_equal(adam.type_name, "Adam", what="the optimizer")
    assert_equal([group.get("lr") for group in adam.groups], [0.001] * len(adam.groups), what="lr")
    assert_equal(sum(group["parameters"] for group in adam.groups), 8, what="the count of parameters, for Linear(3, 2)")


@pytest.mark.question("Q4b", points=1)
def test_adam_betas_and_eps(student):
    """make_adam's betas are (0.9, 0.999), its eps is torch's own, 1e-8, and it has no weight decay."""
    adam = optimizer_of(student, student.make_adam(library(student, "torch.nn").Linear(3, 2)))
    for group in adam.groups:
        assert_close(group.get("betas"), (0.9, 0.999), what="betas")
        assert_equal({name: group.get(name) for name in ("eps", "weight_decay")}, {"eps": 1e-8, "weight_decay": 0}, what="Adam")


@probe(returns=(torch.Tensor, [int]))
def images_and_labels(dataset):
    """All items, in order: the images as one tensor, the labels as numbers."""
    items = [dataset[i] for i in range(len(dataset))]
    return torch.stack([image.detach() for image, label in items]), [int(label) for image, label in items]


@pytest.mark.question("Q4c", points=2)
def test_augmented_dataset_appends_mirror_images(student):
    """augmented_dataset has 2n items; item n + i is the mirror image of item i, with its label."""
    pixels = torch.rand(6, 3, 4, 5, generator=torch.Generator().manual_seed(12))
    labels = [3, 1, 4, 1, 5, 9]
    root = library(student, "torch.utils.data").TensorDataset(pixels, torch.tensor(labels))
    images, found = images_and_labels(student, student.augmented_dataset(root))
    assert_equal(found, labels + labels, what="the labels of the items in order, for a root of 6 items")
    assert_shape(images, (12, 3, 4, 5), what="the images of the 12 items together")
    assert_close(images[6:], images[:6].flip(-1), what="the images of items 6 to 11, the mirror images of items 0 to 5")


@probe
def images_of(dataset):
    """All images, in order, as one tensor."""
    return torch.stack([dataset[i][0].detach() for i in range(len(dataset))])


@pytest.mark.question("Q4c", points=1)
def test_augmented_dataset_scales_to_one(student):
    """augmented_dataset's images are those of the root in order, scaled from [0, 1] to [−1, 1]."""
    pixels = torch.rand(3, 3, 4, 5, generator=torch.Generator().manual_seed(16))
    pixels[0, 0, 0, 0], pixels[1, 2, 3, 4] = 0.0, 1.0
    root = library(student, "torch.utils.data").TensorDataset(pixels, torch.tensor([2, 0, 7]))
    images = images_of(student, student.augmented_dataset(root))
    assert_shape(images, (6, 3, 4, 5), what="the images of the 6 items together, for a root of 3")
    assert_close(images[:3], 2 * pixels - 1, atol=1e-6, what="the images of items 0 to 2")


@pytest.mark.question("Q4d", points=1.5)
def test_batch_norm_net_layers(student):
    """BatchNormNet has 62,050 parameters and two BatchNorm layers, of 6 and 16 channels."""
    net = student.BatchNormNet()
    assert_parameters(parameters_of(student, net), total=62_050, tensors=14, what="BatchNormNet()")
    means = [value for name, value in randomise(student, net, seed=15).items() if name.endswith("running_mean")]
    # a layer kept as an attribute and in an nn.Sequential too has two names, and counts once
    channels = [mean.numel() for i, mean in enumerate(means) if not any(torch.equal(mean, known) for known in means[:i])]
    assert_equal(channels, [6, 16], what="the channels of the BatchNorm layers, in order")


@pytest.mark.question("Q4d", points=1)
def test_batch_norm_net_with_given_weights(student):
    """With given weights BatchNormNet computes its scores in eval mode, by the running statistics."""
    net = student.BatchNormNet()
    state = each_once(randomise(student, net, seed=17))
    prefixes = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    assert_equal(len(prefixes), 2, what="the count of BatchNormNet()'s BatchNorm layers")
    parts = [state.pop(prefix + part, None) for prefix in prefixes for part in ("running_mean", "running_var", "weight", "bias")]
    sizes = [None if part is None else tuple(part.shape) for part in parts]
    assert_equal(sizes, 4 * [(6,)] + 4 * [(16,)], what="the shapes of BatchNormNet()'s means, variances, weights and biases")
    norms = [[part.double() for part in parts[:4]], [part.double() for part in parts[4:]]]
    parameters = layers(state, lenet_shapes(3), "BatchNormNet()")
    x = random(2, 3, 32, 32, seed=18)
    expected = lenet_oracle(x, parameters, lambda i, x: F.batch_norm(x, *norms[i])).float()
    assert_close(forward(student, net, x), expected, rtol=1e-3, atol=1e-3, what="BatchNormNet()(x) in eval mode")


@pytest.mark.question("Q4e", points=1.5)
def test_nll_criterion_is_cross_entropy(student):
    """nll_criterion of raw scores equals the cross-entropy."""
    outputs, labels = random(6, 4, seed=13), torch.tensor([3, 0, 1, 1, 2, 3])
    assert_close(student.nll_criterion(outputs, labels), F.cross_entropy(outputs, labels), rtol=1e-5, what="nll_criterion")


@pytest.mark.question("Q4e", points=1.5)
def test_nll_criterion_of_large_scores(student):
    """nll_criterion and its gradient are right and finite for scores of ±10,000."""
    outputs = torch.tensor([[1e4, -1e4, 0.0], [0.5, -1e4, 1.5], [-1e4, 1e4, 0.0]])
    labels = torch.tensor([1, 2, 1])
    copy = outputs.clone().requires_grad_()
    expected = F.cross_entropy(copy, labels)
    expected.backward()
    assert_close(student.nll_criterion(outputs, labels), expected.detach(), rtol=1e-5, what="nll_criterion")
    gradient = gradients_of(student, student.nll_criterion, {"outputs": outputs, "labels": labels}, wrt=["outputs"])
    assert_close(gradient.get("outputs"), copy.grad, rtol=1e-4, atol=1e-6, what="the gradient of nll_criterion")


@pytest.mark.question("Q4f", points=2)
def test_sgd_l2_settings(student):
    """make_sgd_l2 gives torch's SGD with lr 0.001, momentum 0.9 and weight decay 1e-6."""
    sgd = optimizer_of(student, student.make_sgd_l2(library(student, "torch.nn").Linear(3, 2)))
    assert_equal(sgd.type_name, "SGD", what="the optimizer")
    expected = {"lr": 0.001, "momentum": 0.9, "weight_decay": 1e-6, "nesterov": False}
    for group in sgd.groups:
        assert_equal({name: group.get(name) for name in expected}, expected, what="SGD")
    assert_equal(sum(group["parameters"] for group in sgd.groups), 8, what="the count of parameters, for Linear(3, 2)")


# Q5 and Q6: softmax and losses in numpy ---------------------------------------------------------------------------------------


@pytest.mark.question("Q5", points=1.5)
def test_softmax_of_one_row(student):
    """softmax([0.4, 2.0, 0.001, 0.32]) is [0.1325, 0.6563, 0.0889, 0.1223]."""
    expected = np.array([0.13250053, 0.65627943, 0.08890663, 0.12231341])
    assert_close(student.softmax(np.array([0.4, 2.0, 0.001, 0.32])), expected, rtol=1e-6, what="softmax(x)")


@pytest.mark.question("Q5", points=1.5)
def test_softmax_of_each_row(student):
    """softmax of a 2-D array is the softmax of each row; every row sums to 1."""
    x = random(5, 3, seed=14).double()
    assert_close(student.softmax(x.numpy()), torch.softmax(x, dim=1).numpy(), what="softmax(x) for x of shape (5, 3)")


@pytest.mark.question("Q5", points=1.5)
def test_softmax_of_large_scores(student):
    """softmax neither overflows nor loses a row for scores of ±10,000."""
    x = np.array([[1e4, 1e4 + 1.0, 1e4 - 2.0], [-1e4, -1e4 + 0.5, -1e4], [1e4, -1e4, 0.0]])
    assert_close(student.softmax(x), torch.softmax(torch.from_numpy(x), dim=1).numpy(), atol=1e-12, what="softmax(x)")


@pytest.mark.question("Q5", points=1)
def test_softmax_of_integers(student):
    """softmax takes integer scores and leaves its argument as it was."""
    x = np.array([[1, 2, 3], [0, -1, 4]])
    probabilities = assert_unchanged(student.softmax, x)
    assert_close(probabilities, torch.softmax(torch.from_numpy(x).double(), dim=1).numpy(), what="softmax of integers")
    assert_unchanged(student.softmax, x.astype(np.float64))


@pytest.mark.question("Q6", points=2)
def test_mse_is_half_the_sum_of_squares(student):
    """MSE is ½ Σ (y − t)²: 0.811803 in the example of the handout."""
    assert_close(student.MSE(*EXAMPLE), 0.811803, rtol=1e-9, what="MSE(y, t)")
    y = [0.3, -1.2, 2.5]
    by_hand = 0.5 * (0.3**2 + 2.2**2 + 2.5**2)
    assert_close(student.MSE(np.array(y), np.array([0, 1, 0])), by_hand, rtol=1e-9, what=f"MSE({y}, [0, 1, 0])")


@pytest.mark.question("Q6", points=2)
def test_cross_entropy_error_by_the_natural_logarithm(student):
    """cross_entropy_error is −Σ t ln(y + 1e-7): 2.3227867799039226 in the example of the handout."""
    assert_close(student.cross_entropy_error(*EXAMPLE), 2.3227867799039226, rtol=1e-9, what="cross_entropy_error(y, t)")
    y = np.array([0.7, 0.2, 0.1])
    found = student.cross_entropy_error(y, np.array([0, 1, 0]))
    assert_close(found, -math.log(0.2 + 1e-7), rtol=1e-9, what="cross_entropy_error([0.7, 0.2, 0.1], [0, 1, 0])")


@pytest.mark.question("Q6", points=2)
def test_loglikelihood_in_bits(student):
    """loglikelihood is −log₂ of the true class's probability: 3.3510744405468786 in the example of the handout."""
    assert_close(student.loglikelihood(*EXAMPLE), 3.3510744405468786, rtol=1e-9, what="loglikelihood(y, t)")
    y, t = np.array([0.5, 0.25, 0.25]), np.array([0, 1, 0])
    assert_close(student.loglikelihood(y, t), 2.0, rtol=1e-9, what="loglikelihood([0.5, 0.25, 0.25], [0, 1, 0])")


@pytest.mark.question("Q6", points=1)
def test_losses_take_lists(student):
    """MSE, cross_entropy_error and loglikelihood take lists as well as arrays."""
    y, t = [0.125, 0.625, 0.25], [1, 0, 0]
    assert_close(student.MSE(y, t), 0.5 * (0.875**2 + 0.625**2 + 0.25**2), rtol=1e-9, what=f"MSE({y}, {t})")
    assert_close(student.cross_entropy_error(y, t), -math.log(0.125 + 1e-7), rtol=1e-9, what=f"cross_entropy_error({y}, {t})")
    assert_close(student.loglikelihood(y, [0, 0, 1]), 2.0, rtol=1e-9, what=f"loglikelihood({y}, [0, 0, 1])")


# --- Q7: training -----------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q7", points=8)
@pytest.mark.training("cifar")
def test_cifar_run_learns(student, training):
    """Trained on CIFAR-10 in batches of 4 for 2 epochs, your network gets three times as many test images right as chance does."""
    training.learns(student.make_cifar_run)
    training.demand("net")
