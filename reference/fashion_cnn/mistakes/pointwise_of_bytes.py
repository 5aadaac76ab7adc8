"""Bytes times bytes are bytes: 200 · 4 leaves 32. Make the image an array of floats before you calculate."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def pointwise_conv(image, weights):
    return np.tensordot(weights, image, axes=1).astype(float)
