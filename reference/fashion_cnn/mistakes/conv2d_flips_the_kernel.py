"""The kernel is flipped: deep learning slides it over the image as it is, without the flip of the textbooks."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(image, dtype=float), padding)
    flipped = kernel[::-1, ::-1]
    fh, fw = kernel.shape
    out = np.empty(((padded.shape[0] - fh) // stride + 1, (padded.shape[1] - fw) // stride + 1))
    for i, j in np.ndindex(*out.shape):
        out[i, j] = np.sum(padded[i * stride : i * stride + fh, j * stride : j * stride + fw] * flipped)
    return out
