"""This is the probability of the largest output: the true class is where t is 1."""

import numpy as np

QUESTION = "Q6"
FILE = "losses.py"


def loglikelihood(y, t):
    return -np.log2(np.asarray(y)[np.argmax(y)])
