"""Convolution and pooling by hand, in numpy (questions 1 to 5).

Arrays come in and arrays go out. Whole numbers are welcome as input, bytes too, in images and in filters; what comes out holds floats.
Nothing that comes in is changed.
"Convolution" means what deep learning means by it: the filter slides over the image as it is, not flipped.

Loops and slices are all you need. Library functions that convolve, pool or cut windows (torch's, scipy's, `np.convolve`,
`np.correlate`, `F.unfold`, `sliding_window_view`, ...) are refused in this file.
"""

import numpy as np


def conv2d(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide one filter over one grey image (Q1).

    out[i, j] = Σ_u Σ_v image[i·stride + u, j·stride + v] · kernel[u, v], on the image with `padding` rows and columns of zeros
    added on each side.

    image: (H, W). kernel: (FH, FW), not necessarily square, not larger than the padded image. stride, padding: whole numbers, the
    same for rows and columns. Returns (H2, W2) floats with H2 = ⌊(H − FH + 2·padding) / stride⌋ + 1, and W2 likewise.
    """
    raise NotImplementedError


def conv_output_size(W: int, F: int, P: int, S: int) -> int:
    """How many places a filter has along one side: ⌊(W − F + 2P) / S⌋ + 1 (Q2).

    W: length of the input. F: length of the filter. P: zeros added on each side. S: stride. Returns an int.
    Raises ValueError if the filter is longer than the padded input (F > W + 2P), or if S < 1.
    """
    raise NotImplementedError


def pool_output_size(W: int, F: int, S: int) -> int:
    """How many places a pooling window has along one side: ⌊(W − F) / S⌋ + 1 (Q2).

    W: length of the input. F: length of the window. S: stride. Returns an int.
    Raises ValueError if the window is longer than the input (F > W), or if S < 1.
    """
    raise NotImplementedError


def conv_output_shape(input_shape: tuple[int, int, int], K: int, F: int, S: int, P: int) -> tuple[int, int, int]:
    """The shape of a convolution layer's output (Q2).

    input_shape: (W, H, D), width, height and depth (channels). K: how many filters. F: their side (each is F × F × D). S: stride.
    P: padding. Mind the order: stride before padding here. Returns the tuple (W2, H2, K).
    Raises ValueError if a filter does not fit into the padded input, or if S < 1.
    """
    raise NotImplementedError


def conv2d_rgb(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Slide several filters over an image of several channels: stride 1, no padding (Q3).

    out[k, i, j] = Σ_c Σ_u Σ_v image[c, i + u, j + v] · kernels[k, c, u, v]: one map a filter, the channels summed.

    image: (C, H, W), three channels or any other number. kernels: (K, C, F, F). Returns (K, H − F + 1, W − F + 1) floats.
    """
    raise NotImplementedError


def max_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """The largest value of each window (Q4).

    image: (H, W). size: side of the window. stride: how far it moves; None means `size` (windows side by side).
    Returns (H2, W2) floats with H2 = ⌊(H − size) / stride⌋ + 1, and W2 likewise; rows and columns left over are dropped.
    """
    raise NotImplementedError


def avg_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """The mean of each window (Q4): arguments and shapes as in `max_pool2d`."""
    raise NotImplementedError


def conv1d(signal: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide a filter along a signal (Q5): out[i] = Σ_u signal[i·stride + u] · kernel[u].

    signal: (L,), with `padding` zeros added at each end. kernel: (F,). Returns (L2,) floats with
    L2 = ⌊(L − F + 2·padding) / stride⌋ + 1.
    """
    raise NotImplementedError


def conv3d(volume: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a filter through a volume along all three axes: stride 1, no padding (Q5).

    out[d, i, j] = Σ_t Σ_u Σ_v volume[d + t, i + u, j + v] · kernel[t, u, v]

    volume: (D, H, W), the frames of a film or the slices of a scan. kernel: (FD, FH, FW).
    Returns (D − FD + 1, H − FH + 1, W − FW + 1) floats: what comes out of a 3-D convolution is 3-D.
    """
    raise NotImplementedError


def pointwise_conv(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A 1×1 convolution: mix the channels of every pixel, each pixel by itself (Q5).

    out[k, i, j] = Σ_c weights[k, c] · image[c, i, j]

    image: (C, H, W). weights: (K, C). Returns (K, H, W) floats: the number of channels changes, and nothing else.
    """
    raise NotImplementedError
