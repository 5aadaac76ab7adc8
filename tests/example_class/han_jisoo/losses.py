import numpy as np

def softmax(x) :
    c = np.max(x, axis = -1, keepdims = True)
    exp = np.exp(x - c)
    return exp / exp.sum(axis = -1, keepdims = True)

def MSE(y, t) :
    return .5 * sum([(yk - tk) ** 2 for yk, tk in zip(y, t)])

def cross_entropy_error(y, t) :
    return -sum([tk * np.log(yk + 1e-7) for yk, tk in zip(y, t)])

def loglikelihood(y, t) :
    return -sum([tk * np.log2(yk) for yk, tk in zip(y, t) if tk])
