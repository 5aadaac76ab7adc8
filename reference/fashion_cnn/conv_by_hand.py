"""Convolution and pooling by hand, in numpy (questions 1 to 5).

Arrays come in and arrays go out. Whole numbers are welcome as input; what comes out holds floats. Nothing that comes in is changed.
"Convolution" means what deep learning means by it: the filter slides over the image as it is, not flipped.

Loops and slices are all you need. Library functions that convolve, pool or cut windows (torch's, scipy's, `np.convolve`,
`np.correlate`, `F.unfold`, ...) are refused in this file.
"""

import numpy as np

### BEGIN SOLUTION
# Written to be read beside the formulas of the handout, not for speed: one window at a time. Nothing is trained here, so there is
# no accuracy to claim. The figures in the handout come from the published worked examples; the average of the last pooling block is
# 0.75 (a published solution prints 1 there), the smoothing filter of question 5 is [0.25, 0.5, 0.25] (a published text prints
# it as three quarters, which gives 0.75 in place of 1).
### END SOLUTION


def conv2d(image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide one filter over one grey image (Q1).

    out[i, j] = Σ_u Σ_v image[i·stride + u, j·stride + v] · kernel[u, v], on the image with `padding` rows and columns of zeros
    added on each side.

    image: (H, W). kernel: (FH, FW), not necessarily square, not larger than the padded image. stride, padding: whole numbers, the
    same for rows and columns. Returns (H2, W2) floats with H2 = ⌊(H − FH + 2·padding) / stride⌋ + 1, and W2 likewise.
    """
    ### BEGIN SOLUTION
    padded = np.pad(np.asarray(image, dtype=float), padding)  # (H + 2P, W + 2P)
    filter_height, filter_width = kernel.shape
    height = (padded.shape[0] - filter_height) // stride + 1
    width = (padded.shape[1] - filter_width) // stride + 1
    out = np.empty((height, width))
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            window = padded[top : top + filter_height, left : left + filter_width]  # (FH, FW)
            out[i, j] = np.sum(window * kernel)
    return out
    ### END SOLUTION


def conv_output_size(W: int, F: int, P: int, S: int) -> int:
    """How many places a filter has along one side: ⌊(W − F + 2P) / S⌋ + 1 (Q2).

    W: length of the input. F: length of the filter. P: zeros added on each side. S: stride. Returns an int.
    Raises ValueError if the filter is longer than the padded input (F > W + 2P), or if S < 1.
    """
    ### BEGIN SOLUTION
    if S < 1:
        raise ValueError(f"the stride must be at least 1, not {S}")
    if W + 2 * P < F:
        raise ValueError(f"a filter of {F} does not fit into {W} with a padding of {P}")
    return (W - F + 2 * P) // S + 1
    ### END SOLUTION


def pool_output_size(W: int, F: int, S: int) -> int:
    """How many places a pooling window has along one side: ⌊(W − F) / S⌋ + 1 (Q2).

    W: length of the input. F: length of the window. S: stride. Returns an int.
    Raises ValueError if the window is longer than the input (F > W), or if S < 1.
    """
    ### BEGIN SOLUTION
    if S < 1:
        raise ValueError(f"the stride must be at least 1, not {S}")
    if W < F:
        raise ValueError(f"a window of {F} does not fit into {W}")
    return (W - F) // S + 1
    ### END SOLUTION


def conv_output_shape(input_shape: tuple[int, int, int], K: int, F: int, S: int, P: int) -> tuple[int, int, int]:
    """The shape of a convolution layer's output (Q2).

    input_shape: (W, H, D), width, height and depth (channels). K: how many filters. F: their side (each is F × F × D). S: stride.
    P: padding. Mind the order: stride before padding here. Returns the tuple (W2, H2, K).
    Raises ValueError if a filter does not fit into the padded input, or if S < 1.
    """
    ### BEGIN SOLUTION
    width, height, _depth = input_shape  # the filters are as deep as the input: the depth is summed away
    sizes = []
    for length in (width, height):
        if S < 1:
            raise ValueError(f"the stride must be at least 1, not {S}")
        if length + 2 * P < F:
            raise ValueError(f"a filter of {F} does not fit into {length} with a padding of {P}")
        sizes.append((length - F + 2 * P) // S + 1)
    return sizes[0], sizes[1], K
    ### END SOLUTION


def conv2d_rgb(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Slide several filters over an image of several channels: stride 1, no padding (Q3).

    out[k, i, j] = Σ_c Σ_u Σ_v image[c, i + u, j + v] · kernels[k, c, u, v]: one map a filter, the channels summed.

    image: (C, H, W), three channels or any other number. kernels: (K, C, F, F). Returns (K, H − F + 1, W − F + 1) floats.
    """
    ### BEGIN SOLUTION
    image = np.asarray(image, dtype=float)
    filters, _channels, side, _ = kernels.shape
    height = image.shape[1] - side + 1
    width = image.shape[2] - side + 1
    out = np.empty((filters, height, width))
    for k in range(filters):
        for i in range(height):
            for j in range(width):
                out[k, i, j] = np.sum(image[:, i : i + side, j : j + side] * kernels[k])  # (C, F, F) * (C, F, F)
    return out
    ### END SOLUTION


def max_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """The largest value of each window (Q4).

    image: (H, W). size: side of the window. stride: how far it moves; None means `size` (windows side by side).
    Returns (H2, W2) floats with H2 = ⌊(H − size) / stride⌋ + 1, and W2 likewise; rows and columns left over are dropped.
    """
    ### BEGIN SOLUTION
    image = np.asarray(image, dtype=float)
    stride = size if stride is None else stride
    height = (image.shape[0] - size) // stride + 1
    width = (image.shape[1] - size) // stride + 1
    out = np.empty((height, width))
    for i in range(height):
        for j in range(width):
            out[i, j] = image[i * stride : i * stride + size, j * stride : j * stride + size].max()
    return out
    ### END SOLUTION


def avg_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """The mean of each window (Q4): arguments and shapes as in `max_pool2d`."""
    ### BEGIN SOLUTION
    image = np.asarray(image, dtype=float)
    stride = size if stride is None else stride
    height = (image.shape[0] - size) // stride + 1
    width = (image.shape[1] - size) // stride + 1
    out = np.empty((height, width))
    for i in range(height):
        for j in range(width):
            out[i, j] = image[i * stride : i * stride + size, j * stride : j * stride + size].mean()
    return out
    ### END SOLUTION


def conv1d(signal: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Slide a filter along a signal (Q5): out[i] = Σ_u signal[i·stride + u] · kernel[u].

    signal: (L,), with `padding` zeros added at each end. kernel: (F,). Returns (L2,) floats with
    L2 = ⌊(L − F + 2·padding) / stride⌋ + 1.
    """
    ### BEGIN SOLUTION
    padded = np.pad(np.asarray(signal, dtype=float), padding)  # (L + 2P,)
    length = (len(padded) - len(kernel)) // stride + 1
    out = np.empty(length)
    for i in range(length):
        out[i] = np.sum(padded[i * stride : i * stride + len(kernel)] * kernel)
    return out
    ### END SOLUTION


def conv3d(volume: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a filter through a volume along all three axes: stride 1, no padding (Q5).

    out[d, i, j] = Σ_t Σ_u Σ_v volume[d + t, i + u, j + v] · kernel[t, u, v]

    volume: (D, H, W), the frames of a film or the slices of a scan. kernel: (FD, FH, FW).
    Returns (D − FD + 1, H − FH + 1, W − FW + 1) floats: what comes out of a 3-D convolution is 3-D.
    """
    ### BEGIN SOLUTION
    volume = np.asarray(volume, dtype=float)
    frames, height, width = kernel.shape
    out = np.empty((volume.shape[0] - frames + 1, volume.shape[1] - height + 1, volume.shape[2] - width + 1))
    for d, i, j in np.ndindex(*out.shape):
        out[d, i, j] = np.sum(volume[d : d + frames, i : i + height, j : j + width] * kernel)
    return out
    ### END SOLUTION


def pointwise_conv(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A 1×1 convolution: mix the channels of every pixel, each pixel by itself (Q5).

    out[k, i, j] = Σ_c weights[k, c] · image[c, i, j]

    image: (C, H, W). weights: (K, C). Returns (K, H, W) floats: the number of channels changes, and nothing else.
    """
    ### BEGIN SOLUTION
    channels, height, width = image.shape
    pixels = np.asarray(image, dtype=float).reshape(channels, height * width)
    return (weights @ pixels).reshape(len(weights), height, width)  # (K, C) x (C, HW) -> (K, HW)
    ### END SOLUTION
