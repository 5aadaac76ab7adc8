"""The factor ½ is missing."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def MSE(y, t):
    return np.sum((np.asarray(y) - np.asarray(t)) ** 2)
