import numpy as np


def softmax(x):
    x = np.array(x, dtype=np.float64)
    x = x - x.max(axis=x.ndim - 1, keepdims=True)
    return np.exp(x) / np.exp(x).sum(axis=x.ndim - 1, keepdims=True)


def MSE(y, t):
    return 0.5 * ((np.array(y) - np.array(t)) ** 2).sum()


def cross_entropy_error(y, t):
    return -(np.array(t) * np.log(np.array(y) + 1e-7)).sum()


def loglikelihood(y, t):
    return -np.log2(np.array(y)[np.array(t) == 1])[0]
