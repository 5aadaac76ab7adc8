"""The stride is not used: the filter moves by `stride` places at a time."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv1d(signal, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(signal, dtype=float), padding)
    return np.array([np.sum(padded[i : i + len(kernel)] * kernel) for i in range(len(padded) - len(kernel) + 1)])
