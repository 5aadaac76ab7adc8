"""Hidden checks of `lenet_and_losses`: values with copied weights, and the corners of each contract."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from grader import (
    Remote,
    assert_close,
    assert_equal,
    assert_shape,
    assert_that,
    assert_unchanged,
    forward,
    gradients_of,
    library,
    optimizer_of,
    probe,
    randomise,
    state_of,
    training_mode,
)


def random(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


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


# Q1 ----------------------------------------------------------------------------------------------------------------------------


@probe
def in_float64(net):
    return net.double()


@pytest.mark.question("Q1", points=5)
def test_net_computes_lenet(student):
    """With given weights Net computes LeNet's scores, in float32 and in float64."""
    net = student.Net()
    parameters = layers(randomise(student, net, seed=2), lenet_shapes(1), "Net()")
    x = random(2, 1, 32, 32, seed=3)
    expected = lenet_oracle(x, parameters)
    assert_close(forward(student, net, x), expected.float(), rtol=1e-4, atol=1e-4, what="Net()(x)")
    net = in_float64(student, net)
    assert_close(forward(student, net, x.double()), expected, rtol=1e-9, atol=1e-9, what="Net().double()(x) for x in float64")


# Q2 ----------------------------------------------------------------------------------------------------------------------------


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


@pytest.mark.question("Q2", points=4)
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


@pytest.mark.question("Q2", points=1)
def test_training_step_leaves_its_input_alone(student):
    """training_step changes neither the input nor the target."""
    x, target = random(4, 1, 2, 2, seed=6), random(4, 3, 1, 1, seed=7)
    weight, bias = random(3, 1, 2, 2, seed=4), random(3, seed=5)
    result = assert_unchanged(student.training_step, net_with_conv1_alone(student, weight, bias), x, target)
    loss, _, _ = three_parts(result)
    assert_close(loss, F.mse_loss(F.conv2d(x, weight, bias), target), rtol=1e-5, what="loss")


# Q3 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q3", points=2)
def test_cifar_net_computes_its_scores(student):
    """With given weights CifarNet computes its (N, 10) scores."""
    net = student.CifarNet()
    parameters = layers(randomise(student, net, seed=8), lenet_shapes(3), "CifarNet()")
    x = random(2, 3, 32, 32, seed=9)
    assert_close(forward(student, net, x), lenet_oracle(x, parameters).float(), rtol=1e-4, atol=1e-4, what="CifarNet()(x)")


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


# Q4 ----------------------------------------------------------------------------------------------------------------------------


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


@pytest.mark.question("Q4a", points=3)
def test_deep_net_computes_its_scores(student):
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


@probe(returns=[torch.Tensor, ...])
def weights_after_steps(make_optimizer, weight, gradients):
    """The weight of a linear layer without bias, in float64, after each step of the optimizer by one of the gradients."""
    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False).double()
    net.load_state_dict({"weight": weight})
    optimizer = make_optimizer(net)
    found = []
    for gradient in gradients:
        net.weight.grad = gradient
        optimizer.step()
        found.append(net.weight.detach().clone())
    return found


def assert_steps(student, make_optimizer, weight, gradients, expected, what):
    found = weights_after_steps(student, make_optimizer, weight, gradients)
    assert_equal(len(found), len(gradients), what=f"the count of steps of {what}")
    for step, (one, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        assert_close(one, wanted, rtol=1e-9, atol=1e-12, what=f"the weights after step {step} of {what}")


@pytest.mark.question("Q4b", points=2)
def test_adam_betas_and_eps(student):
    """make_adam's betas are (0.9, 0.999) and its eps is torch's own, 1e-8: its settings say so, and so do its steps."""
    adam = optimizer_of(student, student.make_adam(library(student, "torch.nn").Linear(3, 2)))
    for group in adam.groups:
        assert_close(group.get("betas"), (0.9, 0.999), what="betas")
        assert_equal({name: group.get(name) for name in ("eps", "weight_decay")}, {"eps": 1e-8, "weight_decay": 0}, what="Adam")
    weight = random(2, 3, seed=19).double()
    gradients = [1e-4 * random(2, 3, seed=20 + step).double() for step in range(3)]  # so small that eps shows
    expected, m, v = [weight], torch.zeros_like(weight), torch.zeros_like(weight)
    for step, gradient in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        expected.append(expected[-1] - 0.001 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8))
    assert_steps(student, student.make_adam, weight, gradients, expected[1:], "make_adam")


@probe
def images_of(dataset):
    """All images, in order, as one tensor."""
    return torch.stack([dataset[i][0].detach() for i in range(len(dataset))])


@pytest.mark.question("Q4c", points=2)
def test_augmented_dataset_scales_to_one(student):
    """augmented_dataset's images are those of the root in order, scaled from [0, 1] to [−1, 1]."""
    pixels = torch.rand(3, 3, 4, 5, generator=torch.Generator().manual_seed(16))
    pixels[0, 0, 0, 0], pixels[1, 2, 3, 4] = 0.0, 1.0
    root = library(student, "torch.utils.data").TensorDataset(pixels, torch.tensor([2, 0, 7]))
    images = images_of(student, student.augmented_dataset(root))
    assert_shape(images, (6, 3, 4, 5), what="the images of the 6 items together, for a root of 3")
    assert_close(images[:3], 2 * pixels - 1, atol=1e-6, what="the images of items 0 to 2")


@pytest.mark.question("Q4d", points=2)
def test_batch_norm_net_computes_its_scores(student):
    """With given weights BatchNormNet computes its scores: by running statistics in eval mode, by the batch's in train mode."""
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
    for mode, train in (("eval", False), ("train", True)):
        expected = lenet_oracle(x, parameters, lambda i, x, train=train: F.batch_norm(x, *norms[i], training=train)).float()
        found = forward(student, net, x, train=train)
        assert_close(found, expected, rtol=1e-3, atol=1e-3, what=f"BatchNormNet()(x) in {mode} mode")


@pytest.mark.question("Q4e", points=2)
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


@pytest.mark.question("Q4f", points=1)
def test_sgd_l2_steps(student):
    """The steps of make_sgd_l2's optimizer are those of SGD with momentum and L2 regularisation."""
    weight = 1e4 * random(2, 3, seed=30).double()  # so large that a decay of 1e-6 shows
    gradients = [random(2, 3, seed=31 + step).double() for step in range(3)]
    expected, velocity = [weight], torch.zeros_like(weight)
    for gradient in gradients:
        velocity = 0.9 * velocity + gradient + 1e-6 * expected[-1]
        expected.append(expected[-1] - 0.001 * velocity)
    assert_steps(student, student.make_sgd_l2, weight, gradients, expected[1:], "make_sgd_l2")


# Q5 and Q6 --------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q5", points=1.5)
@settings(max_examples=3)
@given(x=arrays(np.float64, (5,), elements=st.floats(-50, 50)), order=st.permutations(range(5)))
def test_softmax_under_shift_and_permutation(student, x, order):
    """softmax(x + 1000) equals softmax(x), and permuted scores give permuted probabilities."""
    expected = torch.softmax(torch.from_numpy(x), dim=0).numpy()
    assert_close(student.softmax(x), expected, what="softmax(x)")
    assert_close(student.softmax(x + 1000.0), expected, what="softmax(x + 1000)")
    assert_close(student.softmax(x[order]), expected[order], what="softmax of the permuted x")


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


@pytest.mark.question("Q6", points=1)
def test_losses_take_lists(student):
    """MSE, cross_entropy_error and loglikelihood take lists as well as arrays."""
    y, t = [0.125, 0.625, 0.25], [1, 0, 0]
    assert_close(student.MSE(y, t), 0.5 * (0.875**2 + 0.625**2 + 0.25**2), rtol=1e-9, what=f"MSE({y}, {t})")
    assert_close(student.cross_entropy_error(y, t), -math.log(0.125 + 1e-7), rtol=1e-9, what=f"cross_entropy_error({y}, {t})")
    assert_close(student.loglikelihood(y, [0, 0, 1]), 2.0, rtol=1e-9, what=f"loglikelihood({y}, [0, 0, 1])")


@pytest.mark.question("Q6", points=1)
def test_cross_entropy_of_probability_zero(student):
    """cross_entropy_error stays finite where the true class has probability 0."""
    y, t = [0.75, 0.25, 0.0], [0, 0, 1]
    found = student.cross_entropy_error(np.array(y), np.array(t))
    assert_close(found, -math.log(1e-7), rtol=1e-9, what=f"cross_entropy_error({y}, {t})")
