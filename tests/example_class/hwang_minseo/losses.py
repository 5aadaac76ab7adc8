import numpy as np

def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)

def MSE(y, t):
    return 0.5 * np.sum((y - t)**2

def cross_entropy_error(y, t):
    return -np.sum(t * np.log(y + 1e-7))

def loglikelihood(y, t):
    return -np.log2(y[np.argmax(t)])
