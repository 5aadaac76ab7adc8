import numpy as np


def softmax(x):
    if x.ndim == 2:
        x = x.T
        x = x - np.max(x, axis=0)
        y = np.exp(x) / np.sum(np.exp(x), axis=0)
        return y.T
    x = x - np.max(x)  # 오버플로 대책
    return np.exp(x) / np.sum(np.exp(x))


def MSE(y, t):
    return 0.5 * np.sum((np.array(y) - np.array(t)) ** 2)


def cross_entropy_error(y, t):
    delta = 1e-7
    return -np.sum(np.array(t) * np.log(np.array(y) + delta))


def loglikelihood(y, t):
    return -np.log2(y[np.argmax(t)])


if __name__ == '__main__':
    y = np.array([0.001, 0.9, 0.001, 0.098])
    t = np.array([0, 0, 0, 1])
    print(MSE(y, t), cross_entropy_error(y, t), loglikelihood(y, t))
