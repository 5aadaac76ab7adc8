import numpy as np

def softmax(x):
    # x가 1차원이어도 2차원이어도 됨
    m = np.max(x, axis=-1, keepdims=True)
    e = np.exp(x - m)
    return e / np.sum(e, axis=-1, keepdims=True)

def MSE(y, t):
    # 오차의 제곱의 합
    s = 0
    for k in range(len(y)):
        s = s + (y[k] - t[k])**2
    return s

def cross_entropy_error(y, t):
    s = 0
    for k in range(len(y)):
        s = s - t[k]*np.log(y[k] + 1e-7)
    return s

def loglikelihood(y, t):
    for k in range(len(t)):
        if t[k] == 1:
            return -np.log2(y[k])
