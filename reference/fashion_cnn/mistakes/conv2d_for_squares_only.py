"""The map is made as wide as it is high: its width follows from the image's and the kernel's own width."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(image, dtype=float), padding)
    f = kernel.shape[0]
    size = (padded.shape[0] - f) // stride + 1
    out = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            window = padded[i * stride : i * stride + f, j * stride : j * stride + f]
            out[i, j] = np.sum(window * kernel[: window.shape[0], : window.shape[1]]) if window.shape == kernel.shape else 0.0
    return out
