"""Bytes times bytes are bytes: 200 · 4 leaves 32. Make the volume an array of floats before you calculate."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv3d(volume, kernel):
    out = np.zeros([v - k + 1 for v, k in zip(volume.shape, kernel.shape, strict=True)])
    d, h, w = kernel.shape
    for t, i, j in np.ndindex(*out.shape):
        out[t, i, j] = np.sum(volume[t : t + d, i : i + h, j : j + w] * kernel)
    return out
