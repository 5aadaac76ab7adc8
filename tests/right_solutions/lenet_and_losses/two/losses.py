import numpy as np


def softmax(x):
    # 2차원이면 전치해서 열마다 계산하고 다시 전치한다
    if x.ndim == 2:
        x = x.T
        x = x - np.max(x, axis=0)
        y = np.exp(x) / np.sum(np.exp(x), axis=0)
        return y.T

    x = x - np.max(x)  # 오버플로 대책
    return np.exp(x) / np.sum(np.exp(x))


def MSE(y, t):
    # 오차 제곱합 (평균 아님!)
    diff = np.array(y) - np.array(t)
    return 0.5 * np.dot(diff, diff)


def cross_entropy_error(y, t):
    y = np.array(y)
    t = np.array(t)
    delta = 1e-7  # log(0) 방지
    return -np.dot(t, np.log(y + delta))


def loglikelihood(y, t):
    y = np.array(y)
    t = np.array(t)
    # 밑 변환: log2(a) = ln(a) / ln(2)
    return -np.log(y[t.argmax()]) / np.log(2)
