"""Bytes times bytes are bytes: 200 · 4 leaves 32. Make the image an array of floats before you calculate."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(image, padding)
    fh, fw = kernel.shape
    out = np.zeros(((padded.shape[0] - fh) // stride + 1, (padded.shape[1] - fw) // stride + 1))
    for i, j in np.ndindex(*out.shape):
        out[i, j] = np.sum(padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * kernel)
    return out
