"""Large scores overflow: subtract the largest score of each row before you exponentiate."""

import numpy as np

QUESTION = "Q5"
FILE = "losses.py"


def softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)
