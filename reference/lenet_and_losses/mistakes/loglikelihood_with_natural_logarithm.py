"""loglikelihood is in bits: np.log2, not np.log."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def loglikelihood(y, t):
    return -np.log(np.asarray(y)[np.argmax(t)])
