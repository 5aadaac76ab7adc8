"""The stride is not used: the window moves by `stride` rows or columns, and the map gets smaller."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(image, dtype=float), padding)
    fh, fw = kernel.shape
    out = np.empty((padded.shape[0] - fh + 1, padded.shape[1] - fw + 1))
    for i, j in np.ndindex(*out.shape):
        out[i, j] = np.sum(padded[i : i + fh, j : j + fw] * kernel)
    return out
