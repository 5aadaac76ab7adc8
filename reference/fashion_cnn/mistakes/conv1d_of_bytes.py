"""Bytes times bytes are bytes: 200 · 4 leaves 32. Make the signal an array of floats before you calculate."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def conv1d(signal, kernel, stride=1, padding=0):
    padded = np.pad(signal, padding)
    places = range(0, len(padded) - len(kernel) + 1, stride)
    return np.array([float(np.sum(padded[i : i + len(kernel)] * kernel)) for i in places])
