"""All convolutions by one class, which is in sliding.py; images of several channels as a matrix product (im2col)."""

import numpy as np

from sliding import Window


def pad(array, width):
    return np.pad(array, width) if width else array


def conv2d(image, kernel, stride=1, padding=0):
    padded = pad(np.array(image, dtype=np.float64), padding)
    window = Window(padded.shape, kernel.shape, stride)
    return window.convolve(padded, kernel)


def check_size(length, window, stride):
    if stride <= 0:
        raise ValueError("stride must be positive")
    if window > length:
        raise ValueError("window larger than what it slides over")


def conv_output_size(W, F, P, S):
    check_size(W + 2 * P, F, S)
    steps, left_over = divmod(W - F + 2 * P, S)
    return steps + 1


def pool_output_size(W, F, S):
    check_size(W, F, S)
    return int((W - F) / S + 1)


def conv_output_shape(input_shape, K, F, S, P):
    check_size(min(input_shape[0], input_shape[1]) + 2 * P, F, S)
    W2, H2 = (np.array(input_shape[:2]) - F + 2 * P) // S + 1
    return int(W2), int(H2), K


def im2col(image, size):
    """(C, H, W) -> (H2·W2, C·size·size): a row for each place of the window."""
    _, height, width = image.shape
    rows = []
    for i in range(height - size + 1):
        for j in range(width - size + 1):
            rows.append(image[:, i : i + size, j : j + size].ravel())
    return np.array(rows)


def conv2d_rgb(image, kernels):
    n_filters, _, size, _ = kernels.shape
    columns = im2col(image, size).astype(np.float32)
    weights = kernels.reshape(n_filters, -1).astype(np.float32)
    result = columns @ weights.T  # (H2·W2, K)
    return result.T.reshape(n_filters, image.shape[1] - size + 1, -1)


def pool(image, size, stride, function):
    stride = size if stride is None else stride
    if stride == size:  # side by side: no loop needed
        rows, columns = image.shape[0] // size, image.shape[1] // size
        blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
        return function(blocks, axis=(1, 3)).astype(float)
    return Window(image.shape, (size, size), stride).reduce(image, function)


def max_pool2d(image, size=2, stride=None):
    return pool(image, size, stride, np.max)


def avg_pool2d(image, size=2, stride=None):
    return pool(image, size, stride, np.mean)


def conv1d(signal, kernel, stride=1, padding=0):
    padded = pad(signal.astype(float), padding)
    starts = np.arange(0, len(padded) - len(kernel) + 1, stride)
    windows = padded[starts[:, None] + np.arange(len(kernel))]  # (L2, F)
    return windows @ kernel


def conv3d(volume, kernel):
    return Window(volume.shape, kernel.shape).convolve(volume.astype(float), kernel)


def pointwise_conv(image, weights):
    pixels = np.moveaxis(image, 0, -1)  # (H, W, C)
    mixed = pixels @ weights.T.astype(float)  # (H, W, K)
    return mixed.transpose(2, 0, 1)
