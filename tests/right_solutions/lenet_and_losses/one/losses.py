"""Softmax and losses, in plain Python wherever numpy does not make it shorter."""

import math

import numpy as np


def softmax_row(scores):
    top = max(scores)
    e = [math.exp(s - top) for s in scores]
    total = sum(e)
    return [v / total for v in e]


def softmax(x):
    if x.ndim == 1:
        return np.array(softmax_row(x))
    return np.array([softmax_row(row) for row in x])


def MSE(y, t):
    total = 0
    for y_k, t_k in zip(y, t):
        total += (y_k - t_k) ** 2
    return total / 2


def cross_entropy_error(y, t):
    delta = 1e-7
    loss = 0.0
    for k in range(len(y)):
        loss -= t[k] * math.log(y[k] + delta)
    return loss


def loglikelihood(y, t):
    correct = list(t).index(1)
    return -math.log2(y[correct])
