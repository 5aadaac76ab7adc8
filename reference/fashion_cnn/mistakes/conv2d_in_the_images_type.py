"""The map has the image's type, so whole numbers cut its fractions off: make the map an array of floats."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(image, padding)
    fh, fw = kernel.shape
    out = np.zeros(((padded.shape[0] - fh) // stride + 1, (padded.shape[1] - fw) // stride + 1), dtype=padded.dtype)
    for i, j in np.ndindex(*out.shape):
        value = np.sum(padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel)
        out[i, j] = value if out.dtype.kind == "f" else int(value) % 256
    return out
