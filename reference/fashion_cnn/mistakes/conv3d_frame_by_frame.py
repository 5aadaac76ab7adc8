"""Each frame is convolved by itself: the filter reaches over FD frames at once."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv3d(volume, kernel):
    volume = np.asarray(volume, dtype=float)
    _, height, width = kernel.shape
    out = np.empty((volume.shape[0], volume.shape[1] - height + 1, volume.shape[2] - width + 1))
    for d, i, j in np.ndindex(*out.shape):
        out[d, i, j] = np.sum(volume[d, i : i + height, j : j + width] * kernel[0])
    return out
