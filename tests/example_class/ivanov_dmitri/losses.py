import numpy as np


def softmax(x):
    print("x =", x)
    x = x - np.max(x, axis=-1, keepdims=True)
    print("x - max =", x)
    p = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    print("p =", p)
    return p


def MSE(y, t):
    print(type(y), type(t))
    return np.sum((np.array(y) - np.array(t)) ** 2) / 2


def cross_entropy_error(y, t):
    print(y, t)
    return -np.sum(np.array(t) * np.log(np.array(y) + 1e-7))


def loglikelihood(y, t):
    print(y, t)
    return -np.log2(np.array(y)[np.argmax(t)])
