import numpy as np


def output_size(side, f, stride, pad):
    return 1 + (side + 2 * pad - f) // stride


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    OH = output_size(H, filter_h, stride, pad)
    OW = output_size(W, filter_w, stride, pad)

    img = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    img[:, :, pad : pad + H, pad : pad + W] = x
    col = np.zeros((N, OH, OW, C, filter_h, filter_w))
    for i in range(filter_h):
        for j in range(filter_w):
            seen = img[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride]  # (N, C, OH, OW)
            col[:, :, :, :, i, j] = seen.transpose(0, 2, 3, 1)
    return col.reshape(N * OH * OW, C * filter_h * filter_w)


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    OH = output_size(H, filter_h, stride, pad)
    OW = output_size(W, filter_w, stride, pad)
    col = col.reshape(N, OH, OW, C, filter_h, filter_w)

    # some rows more than needed, so that no slice sticks out
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for i in range(filter_h):
        for j in range(filter_w):
            img[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += col[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return img[:, :, pad : H + pad, pad : W + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W = W
        self.b = b
        self.stride = stride
        self.pad = pad

        self.x = None
        self.col = None
        self.col_W = None

        self.dW = None
        self.db = None

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        OH = output_size(H, FH, self.stride, self.pad)
        OW = output_size(W, FW, self.stride, self.pad)

        self.x = x
        self.col = im2col(x, FH, FW, self.stride, self.pad)
        self.col_W = self.W.reshape(FN, -1).T
        out = np.dot(self.col, self.col_W) + self.b
        return out.reshape(N, OH, OW, FN).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)

        self.db = np.sum(dout, axis=0)
        dW = np.dot(self.col.T, dout)
        self.dW = dW.transpose(1, 0).reshape(FN, C, FH, FW)

        dcol = np.dot(dout, self.col_W.T)
        return col2im(dcol, self.x.shape, FH, FW, self.stride, self.pad)


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2, pad=0):
        self.pool_h = pool_h
        self.pool_w = pool_w
        self.stride = stride
        self.pad = pad
        self.x_shape = None
        self.arg_max = None

    def forward(self, x):
        N, C, H, W = x.shape
        OH = output_size(H, self.pool_h, self.stride, self.pad)
        OW = output_size(W, self.pool_w, self.stride, self.pad)

        # channels become images of one channel: each is pooled by itself
        img = x.reshape(N * C, 1, H, W)
        col = im2col(img, self.pool_h, self.pool_w, self.stride, self.pad)
        inside = im2col(np.ones_like(img), self.pool_h, self.pool_w, self.stride, self.pad)
        col[inside == 0] = -np.inf  # padding never wins

        self.x_shape = x.shape
        self.arg_max = np.argmax(col, axis=1)
        return np.max(col, axis=1).reshape(N, C, OH, OW)

    def backward(self, dout):
        N, C, H, W = self.x_shape
        dmax = np.zeros((dout.size, self.pool_h * self.pool_w))
        dmax[np.arange(dout.size), self.arg_max] = dout.flatten()
        dx = col2im(dmax, (N * C, 1, H, W), self.pool_h, self.pool_w, self.stride, self.pad)
        return dx.reshape(N, C, H, W)


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = 0
        return dx


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.original_x_shape = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.original_x_shape = x.shape
        x = x.reshape(x.shape[0], -1)
        self.x = x
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx.reshape(*self.original_x_shape)


def softmax(x):
    x = x.T
    x = x - np.max(x, axis=0)
    y = np.exp(x) / np.sum(np.exp(x), axis=0)
    return y.T


def cross_entropy_error(y, t):
    if t.size == y.size:  # one-hot
        t = t.argmax(axis=1)
    n = y.shape[0]
    return -np.sum(np.log(y[np.arange(n), t] + 1e-7)) / n


class SoftmaxWithLoss:
    def __init__(self):
        self.loss = None
        self.y = None
        self.t = None

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        n = self.t.shape[0]
        if self.t.size == self.y.size:
            return dout * (self.y - self.t) / n
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        return dout * dx / n
