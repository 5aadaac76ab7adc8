"""The maxima come in one row: they keep their places, in a map of shape (H2, W2)."""

import numpy as np

QUESTION = "Q4"
FILE = "conv_by_hand.py"


def max_pool2d(image, size=2, stride=None):
    stride = stride or size
    tops, lefts = range(0, image.shape[0] - size + 1, stride), range(0, image.shape[1] - size + 1, stride)
    return np.array([float(image[i : i + size, j : j + size].max()) for i in tops for j in lefts])
