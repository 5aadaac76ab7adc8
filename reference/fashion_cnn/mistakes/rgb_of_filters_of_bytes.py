"""Bytes times bytes are bytes: 200 · 4 leaves 32. Make the image an array of floats before you calculate."""

import numpy as np

QUESTION = "Q3"
FILE = "conv_by_hand.py"


def conv2d_rgb(image, kernels):
    side = kernels.shape[-1]
    out = np.zeros((len(kernels), image.shape[1] - side + 1, image.shape[2] - side + 1))
    for k, i, j in np.ndindex(*out.shape):
        out[k, i, j] = (image[:, i : i + side, j : j + side] * kernels[k]).sum()
    return out
