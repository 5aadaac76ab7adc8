"""The size is rounded up where the stride does not come out even: a window that hangs over the edge does not count."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(image, dtype=float), padding)
    fh, fw = kernel.shape
    height, width = -(-(padded.shape[0] - fh) // stride) + 1, -(-(padded.shape[1] - fw) // stride) + 1
    padded = np.pad(padded, ((0, stride), (0, stride)))
    out = np.empty((height, width))
    for i, j in np.ndindex(height, width):
        out[i, j] = np.sum(padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel)
    return out
