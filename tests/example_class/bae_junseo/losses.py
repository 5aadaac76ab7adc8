import numpy as np


def softmax(x):
    if x.ndim == 1:
        x = x - x.max()
        return np.exp(x) / np.exp(x).sum()
    out = np.zeros(x.shape)
    i = 0
    while i < len(x):          # 한 줄씩 처리
        out[i] = softmax(x[i])
    return out


def MSE(y, t):
    return sum((np.array(y) - np.array(t)) ** 2) / 2


def cross_entropy_error(y, t):
    return -sum(np.array(t) * np.log(np.array(y) + 1e-7))


def loglikelihood(y, t):
    i = 0
    while t[i] != 1:
        i += 1
    return -np.log2(y[i])
