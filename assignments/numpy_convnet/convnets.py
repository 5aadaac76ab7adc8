"""Three ConvNets made of the layers in layers.py.

A network holds
    params      dict: "W1", "b1", "W2", "b2", ... in the order in which the layers use them
    layers      dict (or OrderedDict): name -> layer, from the image to the scores; these names are yours
    last_layer  a SoftmaxWithLoss
The layers hold the very arrays of `params`: an optimizer changes them in place, and the layers see it.
"""

import numpy as np
from layers import Affine, Convolution, Pooling, Relu, SoftmaxWithLoss


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
        raise NotImplementedError

    def predict(self, x: np.ndarray) -> np.ndarray:
        """x: (N, C, H, W). Returns the scores (N, output_size), before the softmax."""
        raise NotImplementedError

    def loss(self, x: np.ndarray, t: np.ndarray) -> float:
        """x: (N, C, H, W); t: class numbers (N,) or one-hot (N, output_size). Returns the mean cross-entropy."""
        raise NotImplementedError

    def accuracy(self, x: np.ndarray, t: np.ndarray, batch_size: int = 100) -> float:
        """The fraction, from 0 to 1, of all N images whose largest score is that of the label (class numbers or one-hot).

        Predicts `batch_size` images at a time, to save memory. A last batch that is smaller counts as well.
        """
        raise NotImplementedError

    def gradient(self, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
        """The gradient of `loss` by backpropagation: a dict with the names and shapes of `params`."""
        raise NotImplementedError

    def numerical_gradient(self, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
        """The same gradient without backpropagation: for each number w in `params`, (L(w + h) - L(w - h)) / 2h with h = 1e-4.

        Leaves the parameters as it found them. It is slow, and meant for small networks.
        """
        raise NotImplementedError

    def save_params(self, file_name: str = "params.npz") -> None:
        """Write `params` to a file with exactly this name, in a format of your choice."""
        raise NotImplementedError

    def load_params(self, file_name: str = "params.npz") -> None:
        """Read what `save_params` wrote, of a network with the same shapes. The layers compute with what was read."""
        raise NotImplementedError


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
        raise NotImplementedError


class LeNet(SimpleConvNet):
    """conv 6 (5x5, pad 2) - ReLU - pool - conv 16 (5x5) - ReLU - pool - affine 120 - ReLU - affine 84 - ReLU - affine - softmax.

    input_dim: (C, H, W). All methods are those of SimpleConvNet. Both poolings are 2x2 with stride 2.
    Weights are drawn from a normal distribution with mean 0 and deviation sqrt(2 / fan-in) (He), biases are 0; fan-in is how many
    numbers one output is computed from: C * 5 * 5 for a filter, D for an affine layer.
    For (1, 28, 28): W1 (6, 1, 5, 5), W2 (16, 6, 5, 5), W3 (400, 120), W4 (120, 84), W5 (84, output_size); a b for each.
    """

    def __init__(self, input_dim: tuple[int, int, int] = (1, 28, 28), output_size: int = 10) -> None:
        raise NotImplementedError
