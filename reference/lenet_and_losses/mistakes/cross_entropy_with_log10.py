"""cross_entropy_error takes the natural logarithm, np.log, not np.log10."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def cross_entropy_error(y, t):
    return -np.sum(np.asarray(t) * np.log10(np.asarray(y) + 1e-7))
