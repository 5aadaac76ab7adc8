"""The channels are kept apart: a filter's map is the sum over all of them."""

import numpy as np

QUESTION = "Q3"
FILE = "conv_by_hand.py"


def conv2d_rgb(image, kernels):
    image = np.asarray(image, dtype=float)
    count, channels, f, _ = kernels.shape
    out = np.empty((count, channels, image.shape[1] - f + 1, image.shape[2] - f + 1))
    for k, c, i, j in np.ndindex(*out.shape):
        out[k, c, i, j] = np.sum(image[c, i : i + f, j : j + f] * kernels[k, c])
    return out
