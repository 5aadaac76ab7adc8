"""axis=1 exists in a 2-D array alone: axis=-1 is the last axis of one row too."""

import numpy as np

QUESTION = "Q5"
FILE = "losses.py"


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
