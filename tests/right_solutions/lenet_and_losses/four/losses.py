"""Softmax and three losses with scipy, einsum and fsum."""

import math

import numpy as np
from scipy import special


def softmax(x):
    return special.softmax(x, axis=np.ndim(x) - 1)


def MSE(y, t):
    error = np.asarray(y, dtype=np.longdouble) - np.asarray(t)
    return float(np.einsum("i,i", error, error)) / 2


def cross_entropy_error(y, t):
    return -math.fsum(special.xlogy(np.array(t), np.array(y) + 1e-7))


def loglikelihood(y, t):
    (true_class,) = np.flatnonzero(t)
    return -math.log2(list(y)[true_class])
