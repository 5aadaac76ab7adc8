"""Lists cannot be subtracted: turn y and t into arrays first, by np.asarray."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def MSE(y, t):
    return 0.5 * np.sum((y - t) ** 2)
