"""The signal was padded to keep its length: without padding it gets shorter, L − F + 1."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv1d(signal, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(signal, dtype=float), padding + len(kernel) // 2)
    places = range(0, len(padded) - len(kernel) + 1, stride)
    return np.array([np.sum(padded[i : i + len(kernel)] * kernel) for i in places])
