"""One maximum for the whole batch makes rows far below it 0/0: subtract each row's own."""

import numpy as np

QUESTION = "Q5"
FILE = "losses.py"


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum(axis=-1, keepdims=True)
