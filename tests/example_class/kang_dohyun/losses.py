# 강도현: 넘파이로 구현한 손실 함수
import numpy as np


def softmax(x):
    x = np.array(x, dtype=float)
    if x.ndim == 1:
        e = np.exp(x - max(x))
        return e / sum(e)
    return np.array([softmax(row) for row in x])    # 재귀


def MSE(y, t):
    차이 = np.array(y) - np.array(t)
    return 0.5 * 차이.dot(차이)


def cross_entropy_error(y, t):
    y, t = map(np.array, (y, t))
    return -np.log(y[t == 1] + 1e-7).item()


def loglikelihood(y, t):
    y, t = map(np.array, (y, t))
    return -np.log2(y[t == 1]).item()
