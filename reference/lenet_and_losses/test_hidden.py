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

from grader import Remote, assert_close, assert_equal, assert_unchanged, forward, library, probe, randomise, state_of
from test_public import each_once, layers, lenet_oracle, lenet_shapes, net_with_conv1_alone, random, three_parts

# Q1 ----------------------------------------------------------------------------------------------------------------------------


@probe
def in_float64(net):
    return net.double()


@pytest.mark.question("Q1", points=3)
def test_net_in_float64(student):
    """With given weights Net computes LeNet's scores in float64 too, to nine digits."""
    net = student.Net()
    parameters = layers(randomise(student, net, seed=22), lenet_shapes(1), "Net()")
    net = in_float64(student, net)
    x = random(3, 1, 32, 32, seed=23).double()
    assert_close(
        forward(student, net, x), lenet_oracle(x, parameters), rtol=1e-9, atol=1e-9, what="Net().double()(x), x in float64"
    )


# Q2 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q2", points=1)
def test_training_step_leaves_its_input_alone(student):
    """training_step changes neither the input nor the target."""
    x, target = random(4, 1, 2, 2, seed=6), random(4, 3, 1, 1, seed=7)
    weight, bias = random(3, 1, 2, 2, seed=4), random(3, seed=5)
    result = assert_unchanged(student.training_step, net_with_conv1_alone(student, weight, bias), x, target)
    loss, _, _ = three_parts(result)
    assert_close(loss, F.mse_loss(F.conv2d(x, weight, bias), target), rtol=1e-5, what="loss")


@pytest.mark.question("Q2", points=2)
def test_training_step_three_times(student):
    """After three training steps with lr=0.3 the weights are where gradient descent takes them."""
    w, bias = random(3, 1, 2, 2, seed=24), random(3, seed=25)
    net = net_with_conv1_alone(student, w, bias)
    w, bias = w.double().requires_grad_(), bias.double().requires_grad_()
    for step in range(3):
        x, target = random(5, 1, 2, 2, seed=26 + step), random(5, 3, 1, 1, seed=36 + step)
        three_parts(student.training_step(net, x, target, 0.3))
        slopes = torch.autograd.grad(F.mse_loss(F.conv2d(x.double(), w, bias), target.double()), (w, bias))
        w, bias = ((value - 0.3 * slope).detach().requires_grad_() for value, slope in zip((w, bias), slopes, strict=True))
    after = state_of(student, net)
    assert_close(after.get("conv1.weight"), w.detach().float(), rtol=1e-4, atol=1e-5, what="conv1.weight after three steps")
    assert_close(after.get("conv1.bias"), bias.detach().float(), rtol=1e-4, atol=1e-5, what="conv1.bias after three steps")


# Q3 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q3", points=1.5)
def test_cifar_net_of_other_weights(student):
    """With other weights and other images, three of them, CifarNet's scores are right as well."""
    net = student.CifarNet()
    parameters = layers(randomise(student, net, seed=28), lenet_shapes(3), "CifarNet()")
    x = random(3, 3, 32, 32, seed=29)
    assert_close(forward(student, net, x), lenet_oracle(x, parameters).float(), rtol=1e-4, atol=1e-4, what="CifarNet()(x)")


@probe(returns=(Remote, Remote, Remote, Remote))
def margin_run(weight, x, labels):
    """What `train` takes but the epochs: a linear net without bias, its loader in order, a hinge loss and SGD with momentum."""
    net = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    net.load_state_dict({"weight": weight})
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, labels), batch_size=4)
    return net, loader, nn.MultiMarginLoss(), torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


@pytest.mark.question("Q3", points=1.5)
def test_train_with_another_criterion_and_optimizer(student):
    """train uses the criterion and the optimizer that it is given: here nn.MultiMarginLoss, and SGD with momentum."""
    x, labels, w = random(10, 3, seed=30), torch.tensor([0, 3, 1, 2, 2, 0, 1, 3, 3, 0]), random(4, 3, seed=32)
    losses = student.train(*margin_run(student, w, x, labels), 3)
    expected, w, velocity = [], w.double(), torch.zeros(4, 3, dtype=torch.float64)
    for _ in range(3):
        loss_sum = 0.0
        for rows in torch.arange(10).split(4):
            w.requires_grad_()
            loss = F.multi_margin_loss(x[rows].double() @ w.T, labels[rows])
            velocity = 0.9 * velocity + torch.autograd.grad(loss, w)[0]
            w = w.detach() - 0.1 * velocity
            loss_sum += loss.item() * len(rows)
        expected.append(loss_sum / 10)
    assert_close(losses, expected, rtol=1e-4, what="the losses of 3 epochs of 10 samples in batches of 4, 4 and 2")


@probe(returns=(Remote, Remote))
def norm_and_loader(mean, scores, labels):
    """A net that subtracts the mean in eval mode and each batch's own in train mode, as it comes; and a loader in batches of 3."""
    net = nn.Sequential(nn.BatchNorm1d(len(mean)))
    net[0].running_mean.copy_(mean)
    return net, torch.utils.data.DataLoader(torch.utils.data.TensorDataset(scores, labels), batch_size=3)


@pytest.mark.question("Q3", points=1)
def test_accuracies_of_five_classes(student):
    """Both accuracies are right for five classes, one of them without samples, and a last batch of a single image."""
    mean, scores = torch.tensor([3.0, 0.0, -3.0, 1.0, 0.0]), random(10, 5, seed=33)
    guesses = (scores - mean).argmax(dim=1)
    labels = torch.where(guesses == 4, 0, guesses)
    labels[[2, 9]] = (labels[[2, 9]] + 1) % 4
    right = (guesses == labels).double()
    net, loader = norm_and_loader(student, mean, scores, labels)
    assert_close(student.accuracy(net, loader), 100 * right.mean().item(), rtol=1e-5, what="accuracy of 10 samples")
    expected = [100 * right[labels == k].mean().item() for k in range(5)]  # nan for class 4
    found = student.per_class_accuracy(net, loader, num_classes=5)
    assert_close(found, expected, rtol=1e-5, equal_nan=True, what="per_class_accuracy of 10 samples")


# Q4 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q4a", points=2)
def test_deep_net_of_other_weights(student):
    """With other weights and three images DeepNet's scores are right as well."""
    net = student.DeepNet()
    parameters = layers(randomise(student, net, seed=44), [(32, 3, 3, 3)] + 3 * [(32, 32, 3, 3)] + [(10, 800)], "DeepNet()")
    x = random(3, 3, 32, 32, seed=45)
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


@pytest.mark.question("Q4b", points=1)
def test_adam_steps(student):
    """The steps of make_adam's optimizer are those of Adam with lr 0.001, betas (0.9, 0.999) and eps 1e-8."""
    weight = random(2, 3, seed=19).double()
    gradients = [1e-4 * random(2, 3, seed=20 + step).double() for step in range(3)]  # so small that eps shows
    expected, m, v = [weight], torch.zeros_like(weight), torch.zeros_like(weight)
    for step, gradient in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        expected.append(expected[-1] - 0.001 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8))
    assert_steps(student, student.make_adam, weight, gradients, expected[1:], "make_adam")


@probe(returns=(torch.Tensor, [int]))
def all_items(dataset):
    """All items, last one first: the images as one tensor, the labels as numbers."""
    items = [dataset[i] for i in reversed(range(len(dataset)))]
    return torch.stack([image.detach() for image, label in items]), [int(label) for image, label in items]


@pytest.mark.question("Q4c", points=1)
def test_augmented_dataset_in_any_order(student):
    """augmented_dataset works for images of another size, in whatever order its items are asked for."""
    pixels = torch.rand(4, 3, 3, 6, generator=torch.Generator().manual_seed(46))
    root = library(student, "torch.utils.data").TensorDataset(pixels, torch.tensor([5, 0, 2, 2]))
    images, labels = all_items(student, student.augmented_dataset(root))
    assert_equal(labels, [2, 2, 0, 5] * 2, what="the labels of the items, the last one first")
    expected = 2 * torch.cat([pixels, pixels.flip(-1)]).flip(0) - 1
    assert_close(images, expected, atol=1e-6, what="the images of the items, the last one first")


@pytest.mark.question("Q4d", points=1.5)
def test_batch_norm_net_in_both_modes(student):
    """With given weights BatchNormNet computes its scores: by running statistics in eval mode, by the batch's in train mode."""
    net = student.BatchNormNet()
    state = each_once(randomise(student, net, seed=47))
    prefixes = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    assert_equal(len(prefixes), 2, what="the count of BatchNormNet()'s BatchNorm layers")
    parts = [state.pop(prefix + part, None) for prefix in prefixes for part in ("running_mean", "running_var", "weight", "bias")]
    sizes = [None if part is None else tuple(part.shape) for part in parts]
    assert_equal(sizes, 4 * [(6,)] + 4 * [(16,)], what="the shapes of BatchNormNet()'s means, variances, weights and biases")
    norms = [[part.double() for part in parts[:4]], [part.double() for part in parts[4:]]]
    parameters = layers(state, lenet_shapes(3), "BatchNormNet()")
    x = random(3, 3, 32, 32, seed=48)
    for mode, train in (("eval", False), ("train", True)):
        expected = lenet_oracle(x, parameters, lambda i, x, train=train: F.batch_norm(x, *norms[i], training=train)).float()
        found = forward(student, net, x, train=train)
        assert_close(found, expected, rtol=1e-3, atol=1e-3, what=f"BatchNormNet()(x) in {mode} mode")


@pytest.mark.question("Q4e", points=1)
def test_nll_criterion_of_any_size(student):
    """nll_criterion equals the cross-entropy for any number of images and classes, with scores of any size."""
    for items, classes, scale in ((1, 2, 1.0), (6, 8, 100.0), (4, 3, 10_000.0)):
        outputs = scale * random(items, classes, seed=items)
        labels = torch.arange(items) * 5 % classes
        what = f"nll_criterion of {items} images, {classes} classes, scores of about {scale:g}"
        assert_close(student.nll_criterion(outputs, labels), F.cross_entropy(outputs, labels), rtol=1e-5, atol=1e-5, what=what)


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


@probe(returns=[object])
def three_times(softmax, x, order):
    """softmax of x, of x shifted and of x permuted."""
    return [softmax(x.copy()), softmax(x + 1000.0), softmax(x[order])]


@pytest.mark.question("Q5", points=1.5)
@settings(max_examples=3)
@given(x=arrays(np.float64, (5,), elements=st.floats(-50, 50)), order=st.permutations(range(5)))
def test_softmax_under_shift_and_permutation(student, x, order):
    """softmax(x + 1000) equals softmax(x), and permuted scores give permuted probabilities."""
    expected = torch.softmax(torch.from_numpy(x), dim=0).numpy()
    found = three_times(student, student.softmax, x, order)
    assert_equal(len(found), 3, what="the count of answers")
    for value, wanted, what in zip(found, (expected, expected, expected[order]), ("x", "x + 1000", "the permuted x"), strict=True):
        assert_close(value, wanted, what=f"softmax of {what}")


@pytest.mark.question("Q5", points=1)
def test_softmax_of_rows_of_any_size(student):
    """softmax works for any number of rows and scores, small and large, fractions and whole numbers, and leaves them as they were."""
    for rows, columns, scale, whole in ((1, 1, 1, False), (4, 6, 9000, True), (3, 2, 30, False)):
        x = scale * random(rows, columns, seed=10 * rows + columns).double().numpy()
        x = np.rint(x).astype(np.int64) if whole else x
        expected = torch.softmax(torch.from_numpy(x).double(), dim=1).numpy()
        found = assert_unchanged(student.softmax, x)
        assert_close(found, expected, atol=1e-12, what=f"softmax(x) for x of shape ({rows}, {columns}) and type {x.dtype}")


@pytest.mark.question("Q6", points=1)
def test_cross_entropy_of_probability_zero(student):
    """cross_entropy_error stays finite where the true class has probability 0."""
    y, t = [0.75, 0.25, 0.0], [0, 0, 1]
    found = student.cross_entropy_error(np.array(y), np.array(t))
    assert_close(found, -math.log(1e-7), rtol=1e-9, what=f"cross_entropy_error({y}, {t})")


@pytest.mark.question("Q6", points=1)
def test_losses_of_any_outputs(student):
    """MSE, cross_entropy_error and loglikelihood are right for other outputs, other numbers of classes, lists and arrays."""
    for classes, place, listed in ((2, 1, False), (8, 5, True), (5, 0, False)):
        y = np.random.default_rng(classes).uniform(0.01, 1.0, classes)
        t = np.eye(len(y), dtype=np.int64)[place]
        arguments = (y.tolist(), t.tolist()) if listed else (y, t)
        squares = sum((y_k - t_k) ** 2 for y_k, t_k in zip(y.tolist(), t.tolist(), strict=True))
        assert_close(student.MSE(*arguments), squares / 2, rtol=1e-9, what=f"MSE of {len(y)} outputs")
        of_true_class = float(y[place])
        found = student.cross_entropy_error(*arguments)
        assert_close(found, -math.log(of_true_class + 1e-7), rtol=1e-9, atol=1e-12, what=f"cross_entropy_error of {len(y)} outputs")
        found = student.loglikelihood(*arguments)
        assert_close(found, -math.log2(of_true_class), rtol=1e-9, atol=1e-12, what=f"loglikelihood of {len(y)} outputs")
