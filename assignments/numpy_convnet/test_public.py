"""Public checks of numpy_convnet: small examples, shapes, and one gradient of every kind. The expected values come from torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader import assert_close, assert_equal, assert_gradients, assert_shape, assert_that, autograd_gradients, probe


def tensors(**arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


# --- Q1 ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.question("Q1", points=1.5)
def test_im2col_example(student):
    """im2col lays the four 3x3 patches of a 4x4 image out as four rows."""
    x = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    expected = np.array([
        [1, 2, 3, 5, 6, 7, 9, 10, 11],
        [2, 3, 4, 6, 7, 8, 10, 11, 12],
        [5, 6, 7, 9, 10, 11, 13, 14, 15],
        [6, 7, 8, 10, 11, 12, 14, 15, 16],
    ], dtype=np.float64)  # fmt: skip
    assert_close(student.im2col(x, 3, 3), expected, what="im2col(x, 3, 3)")


@pytest.mark.question("Q1", points=1)
def test_im2col_shape(student):
    """im2col returns (N * OH * OW, C * FH * FW) for other strides and pads."""
    x = np.random.default_rng(1).normal(size=(2, 3, 7, 8))
    for filter_h, filter_w, stride, pad, shape in ((5, 5, 1, 0, (24, 75)), (3, 2, 2, 1, (40, 18)), (3, 3, 3, 2, (24, 27))):
        what = f"im2col(x, {filter_h}, {filter_w}, stride={stride}, pad={pad}) for x of shape (2, 3, 7, 8)"
        assert_shape(student.im2col(x, filter_h, filter_w, stride=stride, pad=pad), shape, what=what)


@pytest.mark.question("Q1", points=1.5)
def test_col2im_counts_overlaps(student):
    """col2im adds up what falls on the same pixel: 2x2 patches of ones cover the middle of a 3x3 image four times."""
    expected = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=np.float64).reshape(1, 1, 3, 3)
    assert_close(student.col2im(np.ones((4, 4)), (1, 1, 3, 3), 2, 2), expected, what="col2im(ones((4, 4)), (1, 1, 3, 3), 2, 2)")


# --- Q2, Q3, Q4: layers -----------------------------------------------------------------------------------------------------------


@probe
def forward_of(layer, arguments, x):
    """The output of a new layer."""
    return layer(*arguments).forward(x)


@probe
def input_gradient_of(layer, arguments, x, dout):
    """Forward and backward of a new layer: dx."""
    made = layer(*arguments)
    made.forward(x)
    return made.backward(dout)


@probe
def gradients_of_layer(layer, arguments, x, dout):
    """Forward and backward of a new layer with weights: dx, dW and db."""
    made = layer(*arguments)
    made.forward(x)
    dx = made.backward(dout)
    return {"x": dx, "W": made.dW, "b": made.db}


@pytest.mark.question("Q2", points=2)
def test_convolution_value(student):
    """Convolution.forward agrees with torch's convolution (stride 1, pad 0)."""
    random = np.random.default_rng(2)
    x, W, b = random.normal(size=(2, 3, 6, 6)), random.normal(size=(4, 3, 3, 3)), random.normal(size=4)
    expected = F.conv2d(*tensors(x=x, W=W, b=b).values())
    assert_close(forward_of(student, student.Convolution, (W, b), x), expected.numpy(), what="Convolution(W, b).forward(x)")


@pytest.mark.question("Q2", points=3)
def test_convolution_gradients(student):
    """Convolution.backward gives dx and sets dW and db (stride 1, pad 0)."""
    random = np.random.default_rng(3)
    x, W, b = random.normal(size=(2, 3, 5, 5)), random.normal(size=(4, 3, 3, 3)), random.normal(size=4)
    dout = random.normal(size=(2, 4, 3, 3))
    expected = autograd_gradients(F.conv2d, tensors(x=x, W=W, b=b), cotangent=torch.from_numpy(dout))
    assert_gradients(
        gradients_of_layer(student, student.Convolution, (W, b), x, dout), expected, what="the gradient of Convolution"
    )


@pytest.mark.question("Q3", points=1.5)
def test_pooling_example(student):
    """2x2 max-pooling of a 4x4 image keeps the largest value of each block."""
    x = np.array([[3, -1, -3, 1], [12, -1, 0, 2], [-7, -3, 3, -2], [-5, -1, 4, -2]], dtype=np.float64).reshape(1, 1, 4, 4)
    expected = np.array([[12, 2], [-1, 4]], dtype=np.float64).reshape(1, 1, 2, 2)
    assert_close(forward_of(student, student.Pooling, (2, 2), x), expected, what="Pooling(2, 2).forward(x)")


@pytest.mark.question("Q3", points=1.5)
def test_pooling_gradient_goes_to_the_maximum(student):
    """Pooling.backward gives a block's gradient to its maximum and 0 to the rest."""
    x = np.random.default_rng(4).permutation(np.arange(2.0 * 3 * 4 * 6)).reshape(2, 3, 4, 6)
    dout = np.random.default_rng(5).normal(size=(2, 3, 2, 3))
    expected = autograd_gradients(lambda x: F.max_pool2d(x, 2), tensors(x=x), cotangent=torch.from_numpy(dout))["x"]
    what = "Pooling(2, 2).backward(dout)"
    assert_gradients(input_gradient_of(student, student.Pooling, (2, 2), x, dout), expected, what=what)


@pytest.mark.question("Q4", points=1)
def test_relu_value(student):
    """Relu.forward keeps positive values and sets the others to 0."""
    x = np.array([[1.5, -0.5, 0.0], [-2.0, 3.0, -1e-9]])
    assert_close(forward_of(student, student.Relu, (), x), np.array([[1.5, 0, 0], [0, 3, 0]]), what="Relu().forward(x)")


@pytest.mark.question("Q4", points=1)
def test_relu_gradient(student):
    """Relu.backward lets the gradient through where the input was positive."""
    x = np.array([[1.5, -0.5, 0.0], [-2.0, 3.0, -1e-9]])
    dout = np.array([[-1.0, 2.0, 3.0], [4.0, 5.0, -6.0]])
    expected = np.array([[-1.0, 0, 0], [0, 5.0, 0]])
    assert_gradients(input_gradient_of(student, student.Relu, (), x, dout), expected, what="Relu().backward(dout)")


@pytest.mark.question("Q4", points=1)
def test_affine_value(student):
    """Affine.forward is x @ W + b."""
    random = np.random.default_rng(6)
    x, W, b = random.normal(size=(3, 5)), random.normal(size=(5, 4)), random.normal(size=4)
    expected = np.einsum("nd,dm->nm", x, W) + b
    assert_close(forward_of(student, student.Affine, (W, b), x), expected, what="Affine(W, b).forward(x)")


@pytest.mark.question("Q4", points=1.5)
def test_affine_gradients(student):
    """Affine.backward gives dx and sets dW and db."""
    random = np.random.default_rng(7)
    x, W, b, dout = (random.normal(size=shape) for shape in ((3, 5), (5, 4), (4,), (3, 4)))
    expected = autograd_gradients(lambda x, W, b: x @ W + b, tensors(x=x, W=W, b=b), cotangent=torch.from_numpy(dout))
    assert_gradients(gradients_of_layer(student, student.Affine, (W, b), x, dout), expected, what="the gradient of Affine")


@probe
def loss_of(layer, x, t):
    """The loss of a new SoftmaxWithLoss."""
    return layer().forward(x, t)


@pytest.mark.question("Q4", points=1.5)
def test_loss_of_one_hot_labels(student):
    """SoftmaxWithLoss.forward is the mean cross-entropy of scores and one-hot labels."""
    x = np.random.default_rng(8).normal(size=(4, 3))
    t = np.eye(3)[[0, 2, 1, 2]]
    expected = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(t)).item()
    what = "SoftmaxWithLoss().forward(x, t)"
    assert_close(loss_of(student, student.SoftmaxWithLoss, x, t), expected, rtol=1e-5, atol=1e-5, what=what)


# --- Q5, Q6, Q7: networks ---------------------------------------------------------------------------------------------------------


@probe(returns=dict)
def parameter_shapes(network):
    """Name -> shape of everything in a new network's `params`."""
    return {name: np.shape(value) for name, value in network().params.items()}


@probe
def scores_of(network, x):
    """The scores of a new network."""
    return network().predict(x)


@probe(returns=(object, object))
def both_gradients(network, options, params, x, t):
    """The gradient of a new network with these parameters, by backpropagation and numerically."""
    net = network(**options)
    for name, value in params.items():
        if net.params[name].shape != value.shape:
            raise ValueError(f"params[{name!r}] has the shape {net.params[name].shape}, where {value.shape} is meant")
        net.params[name][...] = value
    return net.gradient(x, t), net.numerical_gradient(x, t)


def assert_parameter_shapes(shapes, expected, total, what):
    """The names and shapes, and with them the count that the handout states."""
    assert_equal(shapes, expected, what=f"the shapes in {what}.params")
    assert_equal(sum(int(np.prod(shape)) for shape in shapes.values()), total, what=f"the number of parameters of {what}")


@pytest.mark.question("Q5", points=2)
def test_simple_parameters(student):
    """SimpleConvNet() has 433,890 parameters: W1 (30, 1, 5, 5), W2 (4320, 100), W3 (100, 10) and their biases."""
    expected = {"W1": (30, 1, 5, 5), "b1": (30,), "W2": (4320, 100), "b2": (100,), "W3": (100, 10), "b3": (10,)}
    assert_parameter_shapes(parameter_shapes(student, student.SimpleConvNet), expected, 433_890, "SimpleConvNet()")


@pytest.mark.question("Q5", points=1)
def test_simple_scores_shape(student):
    """SimpleConvNet().predict gives ten scores an image, for one image and for several."""
    x = np.random.default_rng(9).uniform(size=(3, 1, 28, 28))
    for images in (1, 3):
        assert_shape(scores_of(student, student.SimpleConvNet, x[:images]), (images, 10), what=f"predict(x) for {images} images")


@pytest.mark.question("Q5", points=1)
def test_simple_gradient_equals_numerical_gradient(student):
    """SimpleConvNet.numerical_gradient is right to 1e-6, and gradient agrees with it to 1e-6."""
    random = np.random.default_rng(10)
    shapes = {"W1": (2, 1, 3, 3), "b1": (2,), "W2": (18, 4), "b2": (4,), "W3": (4, 3), "b3": (3,)}
    params = {name: random.normal(0.0, 0.5, shape) for name, shape in shapes.items()}
    x, t = random.uniform(size=(3, 1, 8, 8)), np.array([0, 2, 1])
    conv_param = {"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1}
    options = {"input_dim": (1, 8, 8), "conv_param": conv_param, "hidden_size": 4, "output_size": 3}

    def loss(W1, b1, W2, b2, W3, b3):
        pooled = F.max_pool2d(F.relu(F.conv2d(torch.from_numpy(x), W1, b1)), 2)
        return F.cross_entropy(F.relu(pooled.flatten(1) @ W2 + b2) @ W3 + b3, torch.from_numpy(t))

    backpropagated, numerical = both_gradients(student, student.SimpleConvNet, options, params, x, t)
    expected = autograd_gradients(loss, tensors(**params))
    assert_gradients(numerical, expected, rtol=0, atol=1e-6, what="numerical_gradient(x, t)")
    assert_gradients(backpropagated, numerical, rtol=0, atol=1e-6, what="gradient(x, t) against numerical_gradient(x, t)")


@pytest.mark.question("Q6", points=2)
def test_one_conv_parameters(student):
    """OneConvNet() has 43,990 parameters: W1 (30, 1, 5, 5), W2 (4320, 10) and their biases."""
    expected = {"W1": (30, 1, 5, 5), "b1": (30,), "W2": (4320, 10), "b2": (10,)}
    assert_parameter_shapes(parameter_shapes(student, student.OneConvNet), expected, 43_990, "OneConvNet()")


@pytest.mark.question("Q7", points=1.5)
def test_lenet_parameters(student):
    """LeNet() has 61,706 parameters: two convolutions, affine layers of 120, 84 and 10, and their biases."""
    expected = {
        "W1": (6, 1, 5, 5), "b1": (6,), "W2": (16, 6, 5, 5), "b2": (16,),
        "W3": (400, 120), "b3": (120,), "W4": (120, 84), "b4": (84,), "W5": (84, 10), "b5": (10,),
    }  # fmt: skip
    assert_parameter_shapes(parameter_shapes(student, student.LeNet), expected, 61_706, "LeNet()")


# --- Q8 ---------------------------------------------------------------------------------------------------------------------------


@probe(returns=([float], [float], [float]))
def train_a_line(Trainer, x, t, options):
    """Train a softmax on two inputs, a network of one affine map, with the student's Trainer: the three lists."""

    class Line:
        def __init__(self):
            self.params = {"W": np.zeros((2, 2)), "b": np.zeros(2)}

        def probabilities(self, x):
            e = np.exp(x @ self.params["W"] + self.params["b"])
            return e / e.sum(axis=1, keepdims=True)

        def loss(self, x, t):
            return float(-np.log(self.probabilities(x)[np.arange(len(x)), t]).mean())

        def accuracy(self, x, t, batch_size=100):
            return float((self.probabilities(x).argmax(axis=1) == t).mean())

        def gradient(self, x, t):
            d = (self.probabilities(x) - np.eye(2)[t]) / len(x)
            return {"W": x.T @ d, "b": d.sum(axis=0)}

    trainer = Trainer(Line(), x, t, x[:10], t[:10], **options)
    trainer.train()
    lists = trainer.train_loss_list, trainer.train_acc_list, trainer.test_acc_list
    return tuple([float(value) for value in values] for values in lists)


def points_on_two_sides():
    x = np.random.default_rng(11).normal(size=(50, 2))
    return x, (x[:, 0] > x[:, 1]).astype(np.int64)


@pytest.mark.question("Q8", points=1.5)
def test_trainer_list_lengths(student):
    """Trainer keeps one loss a mini-batch, the smaller last one included, and one accuracy an epoch."""
    x, t = points_on_two_sides()
    lists = train_a_line(student, student.Trainer, x, t, {"epochs": 3, "mini_batch_size": 20})
    expected = {"train_loss_list": 3 * 3, "train_acc_list": 3, "test_acc_list": 3}
    found = dict(zip(expected, map(len, lists), strict=True))
    assert_equal(found, expected, what="the lengths for 50 samples, 3 epochs, mini-batches of 20")


@pytest.mark.question("Q8", points=1)
def test_trainer_loss_falls(student):
    """The loss falls while Trainer trains."""
    x, t = points_on_two_sides()
    options = {"epochs": 5, "mini_batch_size": 10, "optimizer": "SGD", "optimizer_param": {"lr": 0.5}}
    losses = train_a_line(student, student.Trainer, x, t, options)[0]
    assert_that(len(losses) > 1, f"expected one loss a mini-batch in train_loss_list, found {len(losses)} in all")
    half = len(losses) // 2
    before, after = float(np.mean(losses[:half])), float(np.mean(losses[half:]))
    message = f"expected the second half of the losses lower than the first, found a mean of {after:.4f} after {before:.4f}"
    assert_that(after < before, message, evidence=losses)


# --- Q6t, Q7t, Q8t: training ------------------------------------------------------------------------------------------------------


def by_adam(data, make):
    """Runs where your code runs: your network, its gradient, and Adam with learning rate 0.001."""
    net = make()
    data.networks = {"net": data.of_arrays(net.predict)}
    mean, square, steps = {}, {}, 0
    for _ in range(data.epochs):
        for images, labels in data.loader:
            steps += 1
            for name, gradient in net.gradient(images.numpy(), labels.numpy()).items():
                mean[name] = 0.9 * mean.get(name, 0.0) + 0.1 * gradient
                square[name] = 0.999 * square.get(name, 0.0) + 0.001 * gradient**2
                step = mean[name] / (1 - 0.9**steps) / (np.sqrt(square[name] / (1 - 0.999**steps)) + 1e-7)
                net.params[name] -= 0.001 * step


@pytest.mark.question("Q6t", points=4)
@pytest.mark.training("one")
def test_one_conv_net_learns(student, training):
    """Trained for two epochs on 5,000 images of MNIST, your OneConvNet recognises most digits."""
    training.own_loop(by_adam, student.OneConvNet)
    training.demand("net")


@pytest.mark.question("Q7t", points=4)
@pytest.mark.training("lenet")
def test_lenet_learns(student, training):
    """Trained for three epochs on 5,000 images of MNIST, your LeNet recognises most digits."""
    training.own_loop(by_adam, student.LeNet)
    training.demand("net")


def by_trainer(data, make, trainer):
    """Your Trainer with your network; each gradient is one step."""
    net = make()
    gradient = net.gradient

    def counted(x, t):
        data.step()
        return gradient(x, t)

    net.gradient = counted
    data.networks = {"net": data.of_arrays(net.predict)}
    trainer(net, *data.arrays(), *data.arrays(held_out=True), epochs=data.epochs, mini_batch_size=data.batch).train()


@pytest.mark.question("Q8t", points=3)
@pytest.mark.training("trainer")
def test_trainer_trains_simple_conv_net(student, training):
    """Trained by your Trainer for two epochs on 5,000 images of MNIST, your SimpleConvNet recognises most digits."""
    training.own_loop(by_trainer, student.SimpleConvNet, student.Trainer)
    training.demand("net")
