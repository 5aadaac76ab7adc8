"""The softmax runs down the columns (axis 0): a row is an item, so take the last axis."""

import numpy as np

QUESTION = "Q5"
FILE = "losses.py"


def softmax(x):
    e = np.exp(x - np.max(x, axis=0))
    return e / np.sum(e, axis=0)
