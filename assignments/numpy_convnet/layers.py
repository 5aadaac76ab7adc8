"""The layers of a ConvNet in numpy: im2col and col2im, convolution, pooling, ReLU, affine, softmax with loss.

Letters for the shapes: N images, C channels, H x W pixels; FN filters of FH x FW; OH x OW pixels come out, D inputs of an
affine layer, K classes. A filter or window of side F that moves by `stride` over a side of H pixels with `pad` more at both ends
stops at

    OH = 1 + (H + 2 * pad - F) // stride

places. A layer keeps in `forward` what its `backward` needs. `backward(dout)` takes the gradient of the loss with respect to the
layer's output and returns that with respect to its input; gradients of the layer's own parameters are left in `dW` and `db`.
No function or method changes the arrays that it is given.
"""

import numpy as np


def im2col(x: np.ndarray, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> np.ndarray:
    """Lay out each patch that a filter sees as one row.

    x: (N, C, H, W); `pad` rows and columns of zeros are put around every image first.
    Returns (N * OH * OW, C * FH * FW). Rows: image by image, each image's patches from left to right, then downwards.
    In a row: the patch channel by channel, each channel row by row.
    """
    raise NotImplementedError


def col2im(
    col: np.ndarray,
    input_shape: tuple[int, int, int, int],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> np.ndarray:
    """Put the rows of `im2col` back where they came from; what falls on the same pixel is added up.

    col: (N * OH * OW, C * FH * FW); input_shape: (N, C, H, W), the shape before padding.
    Returns (N, C, H, W). What falls on the padding is dropped; a pixel that no patch covers gets 0.
    """
    raise NotImplementedError


class Convolution:
    """Convolution as deep learning has it: the filter is not flipped.

    W: (FN, C, FH, FW), b: (FN,); kept as `self.W` and `self.b`, the same arrays and not copies.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray, stride: int = 1, pad: int = 0) -> None:
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: (N, C, H, W). Returns (N, FN, OH, OW)."""
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout: (N, FN, OH, OW). Sets `self.dW` (FN, C, FH, FW) and `self.db` (FN,), afresh at each call.

        Returns dx: (N, C, H, W).
        """
        raise NotImplementedError


class Pooling:
    """Max-pooling, each channel by itself. Padding never wins: it counts as minus infinity."""

    def __init__(self, pool_h: int, pool_w: int, stride: int = 2, pad: int = 0) -> None:
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: (N, C, H, W). Returns (N, C, OH, OW), the largest value of each window."""
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout: (N, C, OH, OW). Returns dx: (N, C, H, W).

        The gradient of a window goes to one place, its maximum; where several are equal, to one of them (whichever you like).
        A place that is the maximum of several windows gets the sum.
        """
        raise NotImplementedError


class Relu:
    """max(0, x), for an array of any shape."""

    def __init__(self) -> None:
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Returns an array of x's shape."""
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Returns dx: dout where x > 0, else 0 (also where x is 0)."""
        raise NotImplementedError


class Affine:
    """x @ W + b. An image of several dimensions is flattened first.

    W: (D, M), b: (M,); kept as `self.W` and `self.b`, the same arrays and not copies.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: (N, D), or (N, C, H, W) with C * H * W = D. Returns (N, M)."""
        raise NotImplementedError

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout: (N, M). Sets `self.dW` (D, M) and `self.db` (M,), afresh at each call. Returns dx in the shape that x had."""
        raise NotImplementedError


class SoftmaxWithLoss:
    """Softmax of the scores and their cross-entropy with the labels, averaged over the batch."""

    def __init__(self) -> None:
        raise NotImplementedError

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        """x: scores (N, K); t: labels, either one-hot (N, K) or class numbers (N,) of any integer type.

        Returns the loss, one number: L = -1/N * sum over n of log(softmax(x)[n, class of n]).
        Scores of any size give a finite loss for the class with the largest score, and no nan anywhere.
        """
        raise NotImplementedError

    def backward(self, dout: float = 1.0) -> np.ndarray:
        """dout: the number that the loss is multiplied by in what follows. Returns dx: (N, K), dout times the gradient of L."""
        raise NotImplementedError
