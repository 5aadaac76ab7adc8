"""The depth is summed away as if it were channels: the filter moves along the depth too, and the output is 3-D."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv3d(volume, kernel):
    volume = np.asarray(volume, dtype=float)
    depth, height, width = kernel.shape
    out = np.zeros((volume.shape[1] - height + 1, volume.shape[2] - width + 1))
    for d in range(volume.shape[0]):
        for i, j in np.ndindex(*out.shape):
            out[i, j] += np.sum(volume[d, i : i + height, j : j + width] * kernel[d % depth])
    return out
