import numpy as np


def softmax(x):
    exp_x = np.exp(x)
    return exp_x / np.sum(exp_x, axis=-1, keepdims=True)


def MSE(y, t):
    y, t = np.array(y), np.array(t)
    return ((y - t) ** 2).sum() * 0.5


def cross_entropy_error(y, t):
    y, t = np.array(y), np.array(t)
    return -(t * np.log(y + 1e-7)).sum()


def loglikelihood(y, t):
    y, t = np.array(y), np.array(t)
    return -np.log(y[t.argmax()]) / np.log(2)
