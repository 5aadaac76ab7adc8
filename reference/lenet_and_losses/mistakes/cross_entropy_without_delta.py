"""The 1e-7 is missing: ln 0 is −inf, and 0 · ln 0 is nan."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def cross_entropy_error(y, t):
    return -np.sum(np.asarray(t) * np.log(np.asarray(y)))
