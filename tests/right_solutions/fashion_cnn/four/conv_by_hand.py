"""Convolution and pooling by index arrays, shifted sums and matrices."""

from itertools import product

import numpy as np


def places(length, side, stride):
    """Row p: the indices that the window covers at place p."""
    return stride * np.arange((length - side) // stride + 1)[:, None] + np.arange(side)


def conv2d(image, kernel, stride=1, padding=0):
    framed = np.zeros([n + 2 * padding for n in np.shape(image)])
    framed[padding : padding + len(image), padding : padding + np.shape(image)[1]] = image
    rows = places(framed.shape[0], kernel.shape[0], stride)
    columns = places(framed.shape[1], kernel.shape[1], stride)
    windows = framed[rows[:, None, :, None], columns[None, :, None, :]]  # (H2, W2, FH, FW)
    return np.einsum("ijuv,uv->ij", windows, kernel.astype(float))


def conv_output_size(W, F, P, S):
    if not S >= 1 or F > W + 2 * P:
        raise ValueError("this does not fit")
    return len(range(0, W + 2 * P - F + 1, S))


pool_output_size = lambda W, F, S: conv_output_size(W, F, 0, S)  # noqa: E731


def conv_output_shape(input_shape, K, F, S, P):
    return (*(conv_output_size(W=side, F=F, P=P, S=S) for side in input_shape[:-1]), K)


def conv2d_rgb(image, kernels):
    side = kernels.shape[-1]
    rows, columns = (n - side + 1 for n in image.shape[1:])
    out = np.zeros((len(kernels), rows, columns))
    for u, v in product(range(side), repeat=2):
        out += np.tensordot(kernels[:, :, u, v].astype(float), image[:, u : u + rows, v : v + columns].astype(float), axes=1)
    return out


def pooled(image, size, stride, by):
    rows, columns = (places(n, size, stride or size) for n in image.shape)
    return by(image[np.ix_(rows.ravel(), columns.ravel())].reshape(len(rows), size, len(columns), size).astype(float), axis=(1, 3))


def max_pool2d(image, size=2, stride=None):
    return pooled(image, size, stride, np.amax)


def avg_pool2d(image, size=2, stride=None):
    return pooled(image, size, stride, np.mean)


def conv1d(signal, kernel, stride=1, padding=0):
    padded = np.concatenate([np.zeros(padding), signal, np.zeros(padding)])
    positions = range(0, len(padded) - len(kernel) + 1, stride)
    matrix = np.zeros((len(positions), len(padded)))
    for row, start in enumerate(positions):
        matrix[row, start : start + len(kernel)] = kernel
    return matrix @ padded


def conv3d(volume, kernel):
    sizes = [n - f + 1 for n, f in zip(volume.shape, kernel.shape)]
    shifted = (
        float(weight) * volume[tuple(slice(start, start + size) for start, size in zip(place, sizes))]
        for place, weight in np.ndenumerate(kernel)
    )
    return sum(shifted, np.zeros(sizes))


def pointwise_conv(image, weights):
    return np.moveaxis(np.moveaxis(image.astype(float), 0, -1) @ weights.T, -1, 0)
