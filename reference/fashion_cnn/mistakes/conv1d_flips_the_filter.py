"""The filter is flipped, as np.convolve does: deep learning slides it as it is."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv1d(signal, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(signal, dtype=float), padding)
    places = range(0, len(padded) - len(kernel) + 1, stride)
    return np.array([np.sum(padded[i : i + len(kernel)] * kernel[::-1]) for i in places])
