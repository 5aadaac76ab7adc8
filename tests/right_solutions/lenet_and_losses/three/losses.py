"""Softmax and the losses. Everything is vectorised."""

import numpy as np


def log_softmax(x):
    """x - ln(sum(exp(x))) of each row, without overflow."""
    return x - np.logaddexp.reduce(np.asarray(x, dtype=np.float64), axis=-1, keepdims=True)


def softmax(x):
    return np.exp(log_softmax(x))


def MSE(y, t):
    return np.linalg.norm(np.subtract(y, t)) ** 2 / 2


def cross_entropy_error(y, t):
    log_y = np.log(np.array(y, dtype=float) + 1e-7)
    return -np.einsum("k,k->", np.array(t, dtype=float), log_y)


def loglikelihood(y, t):
    is_true_class = np.array(t) == 1
    return -np.log2(np.array(y)[is_true_class]).sum()
