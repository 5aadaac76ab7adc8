"""The window is a view of the image, so sorting it in place changes the image: use max, or sort a copy."""

import numpy as np

QUESTION = "Q4"
FILE = "conv_by_hand.py"


def max_pool2d(image, size=2, stride=None):
    stride = stride or size
    out = np.empty(((image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1))
    for i, j in np.ndindex(*out.shape):
        window = image[i * stride : i * stride + size, j * stride : j * stride + size]
        window.sort(axis=0)
        out[i, j] = sorted(window[-1])[-1]
    return out
