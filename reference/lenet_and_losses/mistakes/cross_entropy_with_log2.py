"""cross_entropy_error takes the natural logarithm, np.log, not np.log2."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def cross_entropy_error(y, t):
    return -np.sum(np.asarray(t) * np.log2(np.asarray(y) + 1e-7))
