"""`x -= max` changes the caller's array: write `x = x - max`."""

import numpy as np

QUESTION = "Q5"
FILE = "losses.py"


def softmax(x):
    x -= np.max(x, axis=-1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)
