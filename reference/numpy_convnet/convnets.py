"""Three ConvNets made of the layers in layers.py.

A network holds
    params      dict: "W1", "b1", "W2", "b2", ... in the order in which the layers use them
    layers      dict (or OrderedDict): name -> layer, from the image to the scores; these names are yours
    last_layer  a SoftmaxWithLoss
The layers hold the very arrays of `params`: an optimizer changes them in place, and the layers see it.
"""

### BEGIN SOLUTION
# Measured on the first 5,000 training and 1,000 test images of MNIST, pixels from 0 to 1, trained by trainer.py with Adam, accuracy on the
# 1,000 after the last epoch, one CPU thread:
#   OneConvNet     3 epochs, lr 0.003, batches of 100: 93.4 to 95.5 %, mean 94.6 (5 runs, seeds 0 to 4; 26 to 28 s each)
#   SimpleConvNet  3 epochs, lr 0.003, batches of 100: 93.0 to 94.1 %, mean 93.4 (3 runs, seeds 0 to 2; 30 to 49 s each)
#   LeNet          8 epochs, lr 0.002, batches of 100: 95.3 to 96.4 %, mean 95.9 (5 runs, seeds 0 to 4; 40 to 52 s each);
#                  10 epochs, lr 0.001, batches of 50: 96.5 % (one run, seed 0)
### END SOLUTION

import numpy as np
from layers import Affine, Convolution, Pooling, Relu, SoftmaxWithLoss

### BEGIN SOLUTION
DEFAULT_CONV_PARAM = {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}


def start_empty(net: "SimpleConvNet") -> None:
    net.params = {}
    net.layers = {}
    net.last_layer = SoftmaxWithLoss()


def add_weights(net: "SimpleConvNet", shape: tuple[int, ...], outputs: int, std: float) -> tuple[np.ndarray, np.ndarray]:
    """The next W and b in `params`."""
    number = 1 + len(net.params) // 2
    W = net.params[f"W{number}"] = std * np.random.randn(*shape)
    b = net.params[f"b{number}"] = np.zeros(outputs)
    return W, b


def add_conv_block(
    net: "SimpleConvNet", features: tuple[int, int, int], conv_param: dict[str, int], std: float
) -> tuple[int, int, int]:
    """Append convolution, ReLU and 2x2 pooling for (C, H, W) features; returns the (C, H, W) that come out."""
    channels, *sides = features
    filters, size = conv_param["filter_num"], conv_param["filter_size"]
    stride, pad = conv_param["stride"], conv_param["pad"]
    W, b = add_weights(net, (filters, channels, size, size), filters, std)
    number = len(net.params) // 2
    net.layers[f"conv{number}"] = Convolution(W, b, stride=stride, pad=pad)
    net.layers[f"relu{number}"] = Relu()
    net.layers[f"pool{number}"] = Pooling(2, 2, stride=2)
    h, w = ((1 + (side + 2 * pad - size) // stride) // 2 for side in sides)
    return filters, h, w


def add_affine(net: "SimpleConvNet", inputs: int, outputs: int, std: float) -> None:
    W, b = add_weights(net, (inputs, outputs), outputs, std)
    net.layers[f"affine{len(net.params) // 2}"] = Affine(W, b)


### END SOLUTION
class SimpleConvNet:
    """conv - ReLU - pool 2x2 - affine - ReLU - affine - softmax.

    input_dim: (C, H, W), where H and W need not be equal.
    conv_param: {"filter_num", "filter_size", "pad", "stride"}; None: 30 filters of 5 x 5, pad 0, stride 1.
    Weights are drawn from a normal distribution with mean 0 and deviation `weight_init_std`, biases are 0.
    W1: (filter_num, C, filter_size, filter_size), W2: (numbers after pooling, hidden_size), W3: (hidden_size, output_size),
    b1: (filter_num,), b2: (hidden_size,), b3: (output_size,).
    The pooling windows do not overlap; a row or column too few for a window is left out.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        conv_param: dict[str, int] | None = None,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
    ) -> None:
        ### BEGIN SOLUTION
        start_empty(self)
        features = add_conv_block(self, input_dim, DEFAULT_CONV_PARAM if conv_param is None else conv_param, weight_init_std)
        add_affine(self, int(np.prod(features)), hidden_size, weight_init_std)
        self.layers["relu2"] = Relu()
        add_affine(self, hidden_size, output_size, weight_init_std)
        ### END SOLUTION

    def predict(self, x: np.ndarray) -> np.ndarray:
        """x: (N, C, H, W). Returns the scores (N, output_size), before the softmax."""
        ### BEGIN SOLUTION
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def loss(self, x: np.ndarray, t: np.ndarray) -> float:
        """x: (N, C, H, W); t: class numbers (N,) or one-hot (N, output_size). Returns the mean cross-entropy."""
        ### BEGIN SOLUTION
        return self.last_layer.forward(self.predict(x), t)
        ### END SOLUTION

    def accuracy(self, x: np.ndarray, t: np.ndarray, batch_size: int = 100) -> float:
        """The fraction, from 0 to 1, of all N images whose largest score is that of the label (class numbers or one-hot).

        Predicts `batch_size` images at a time, to save memory. A last batch that is smaller counts as well.
        """
        ### BEGIN SOLUTION
        if t.ndim == 2:
            t = t.argmax(axis=1)
        right = 0
        for start in range(0, len(x), batch_size):
            scores = self.predict(x[start : start + batch_size])
            right += int((scores.argmax(axis=1) == t[start : start + batch_size]).sum())
        return right / len(x)
        ### END SOLUTION

    def gradient(self, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
        """The gradient of `loss` by backpropagation: a dict with the names and shapes of `params`."""
        ### BEGIN SOLUTION
        self.loss(x, t)
        dout: np.ndarray = self.last_layer.backward(1.0)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        with_weights = [layer for layer in self.layers.values() if hasattr(layer, "W")]
        for number, layer in enumerate(with_weights, start=1):
            grads[f"W{number}"], grads[f"b{number}"] = layer.dW, layer.db
        return grads
        ### END SOLUTION

    def numerical_gradient(self, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
        """The same gradient without backpropagation: for each number w in `params`, (L(w + h) - L(w - h)) / 2h with h = 1e-4.

        Leaves the parameters as it found them. It is slow, and meant for small networks.
        """
        ### BEGIN SOLUTION
        h = 1e-4
        grads = {}
        for name, values in self.params.items():
            grads[name] = np.zeros_like(values)
            for index in np.ndindex(values.shape):
                kept = values[index]
                values[index] = kept + h
                above = self.loss(x, t)
                values[index] = kept - h
                below = self.loss(x, t)
                values[index] = kept
                grads[name][index] = (above - below) / (2 * h)
        return grads
        ### END SOLUTION

    def save_params(self, file_name: str = "params.npz") -> None:
        """Write `params` to a file with exactly this name, in a format of your choice."""
        ### BEGIN SOLUTION
        with open(file_name, "wb") as file:  # given a name, np.savez would add ".npz" to it
            np.savez(file, **self.params)
        ### END SOLUTION

    def load_params(self, file_name: str = "params.npz") -> None:
        """Read what `save_params` wrote, of a network with the same shapes. The layers compute with what was read."""
        ### BEGIN SOLUTION
        with np.load(file_name) as kept:
            for name, values in self.params.items():
                values[...] = kept[name]  # in place: the layers hold these arrays
        ### END SOLUTION


class OneConvNet(SimpleConvNet):
    """conv - ReLU - pool 2x2 - affine - softmax. All methods are those of SimpleConvNet.

    input_dim, conv_param, weight_init_std: as for SimpleConvNet.
    W1: (filter_num, C, filter_size, filter_size), b1: (filter_num,), W2: (numbers after pooling, output_size), b2: (output_size,).
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        conv_param: dict[str, int] | None = None,
        output_size: int = 10,
        weight_init_std: float = 0.01,
    ) -> None:
        ### BEGIN SOLUTION
        start_empty(self)
        features = add_conv_block(self, input_dim, DEFAULT_CONV_PARAM if conv_param is None else conv_param, weight_init_std)
        add_affine(self, int(np.prod(features)), output_size, weight_init_std)
        ### END SOLUTION


class LeNet(SimpleConvNet):
    """conv 6 (5x5, pad 2) - ReLU - pool - conv 16 (5x5) - ReLU - pool - affine 120 - ReLU - affine 84 - ReLU - affine - softmax.

    input_dim: (C, H, W). All methods are those of SimpleConvNet. Both poolings are 2x2 with stride 2.
    Weights are drawn from a normal distribution with mean 0 and deviation sqrt(2 / fan-in) (He), biases are 0; fan-in is how many
    numbers one output is computed from: C * 5 * 5 for a filter, D for an affine layer.
    For (1, 28, 28): W1 (6, 1, 5, 5), W2 (16, 6, 5, 5), W3 (400, 120), W4 (120, 84), W5 (84, output_size); a b for each.
    """

    def __init__(self, input_dim: tuple[int, int, int] = (1, 28, 28), output_size: int = 10) -> None:
        ### BEGIN SOLUTION
        start_empty(self)
        features = input_dim
        for filters, pad in ((6, 2), (16, 0)):
            conv_param = {"filter_num": filters, "filter_size": 5, "pad": pad, "stride": 1}
            features = add_conv_block(self, features, conv_param, std=np.sqrt(2 / (features[0] * 5 * 5)))
        inputs = int(np.prod(features))
        for outputs in (120, 84):
            add_affine(self, inputs, outputs, std=np.sqrt(2 / inputs))
            self.layers[f"relu{len(self.params) // 2}"] = Relu()
            inputs = outputs
        add_affine(self, inputs, output_size, std=np.sqrt(2 / inputs))
        ### END SOLUTION
