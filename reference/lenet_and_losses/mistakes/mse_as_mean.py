"""Sum the squares and halve them: this is their mean."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def MSE(y, t):
    return np.mean((np.asarray(y) - np.asarray(t)) ** 2)
