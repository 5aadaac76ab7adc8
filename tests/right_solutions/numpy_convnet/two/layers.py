"""Layers with strided views and einsum; the way back goes through np.add.at."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def pad_images(x, pad, value=0.0):
    if pad == 0:
        return x
    return np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], mode="constant", constant_values=value)


def windows_of(x, filter_h, filter_w, stride):
    """A view (N, C, OH, OW, FH, FW) of images that are padded already. Read only!"""
    n, c, h, w = x.shape
    sn, sc, sh, sw = x.strides
    shape = (n, c, 1 + (h - filter_h) // stride, 1 + (w - filter_w) // stride, filter_h, filter_w)
    return as_strided(x, shape, (sn, sc, sh * stride, sw * stride, sh, sw), writeable=False)


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    x = np.asarray(x, dtype=np.float64)
    view = windows_of(pad_images(x, pad), filter_h, filter_w, stride)
    n, c, out_h, out_w, _, _ = view.shape
    return np.einsum("nchwij->nhwcij", view).reshape(n * out_h * out_w, -1)


def indices(input_shape, filter_h, filter_w, stride, pad):
    """For each number of im2col's result: which row and which column of the padded image it comes from."""
    _, _, h, w = input_shape
    out_h = (h + 2 * pad - filter_h) // stride + 1
    out_w = (w + 2 * pad - filter_w) // stride + 1
    rows = stride * np.arange(out_h)[:, None] + np.arange(filter_h)  # (OH, FH)
    columns = stride * np.arange(out_w)[:, None] + np.arange(filter_w)  # (OW, FW)
    return rows, columns


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    n, c, h, w = input_shape
    rows, columns = indices(input_shape, filter_h, filter_w, stride, pad)
    blocks = col.reshape(n, len(rows), len(columns), c, filter_h, filter_w).transpose(0, 3, 1, 4, 2, 5)  # (N, C, OH, FH, OW, FW)
    image = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    np.add.at(image, (slice(None), slice(None), rows[:, :, None, None], columns[None, None]), blocks)
    return image[:, :, pad : h + pad, pad : w + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b = W, b
        self.stride, self.pad = stride, pad

    def forward(self, x):
        self.x_shape = x.shape
        self.view = windows_of(pad_images(x, self.pad), *self.W.shape[2:], self.stride)
        return np.einsum("nchwij,fcij->nfhw", self.view, self.W, optimize=True) + self.b[:, None, None]

    def backward(self, dout):
        self.db = np.einsum("nfhw->f", dout)
        self.dW = np.einsum("nchwij,nfhw->fcij", self.view, dout, optimize=True)
        dcol = np.einsum("nfhw,fcij->nhwcij", dout, self.W, optimize=True)
        return col2im(dcol, self.x_shape, *self.W.shape[2:], self.stride, self.pad)


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2, pad=0):
        self.size = (pool_h, pool_w)
        self.stride, self.pad = stride, pad

    def forward(self, x):
        self.x_shape = x.shape
        padded = pad_images(x, self.pad, value=-np.inf)
        view = sliding_window_view(padded, self.size, axis=(2, 3))[:, :, :: self.stride, :: self.stride]
        flat = view.reshape(*view.shape[:4], -1)
        self.winner = np.expand_dims(flat.argmax(axis=-1), -1)
        return np.take_along_axis(flat, self.winner, axis=-1)[..., 0]

    def backward(self, dout):
        n, c, h, w = self.x_shape
        k = np.arange(dout.shape[2])[:, None] * self.stride + self.winner[..., 0] // self.size[1]
        m = np.arange(dout.shape[3]) * self.stride + self.winner[..., 0] % self.size[1]
        dx = np.zeros((n, c, h + 2 * self.pad, w + 2 * self.pad))
        np.add.at(dx, (np.arange(n)[:, None, None, None], np.arange(c)[:, None, None], k, m), dout)
        return dx[:, :, self.pad : self.pad + h, self.pad : self.pad + w]


class Relu:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * (self.x > 0)


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

    def forward(self, x):
        self.x = x
        return np.einsum("nd,dm->nm", x.reshape(len(x), -1), self.W) + self.b

    def backward(self, dout):
        self.dW[...] = np.einsum("nd,nm->dm", self.x.reshape(len(dout), -1), dout)
        self.db[...] = dout.sum(0)
        return np.einsum("nm,dm->nd", dout, self.W).reshape(self.x.shape)


def logsumexp(x):
    largest = x.max(axis=-1, keepdims=True)
    return largest + np.log(np.sum(np.exp(x - largest), axis=-1, keepdims=True))


class SoftmaxWithLoss:
    def forward(self, x, t):
        t = np.asarray(t)
        self.labels = np.argmax(t, axis=1) if t.ndim == 2 else t.astype(np.intp)
        self.log_p = x - logsumexp(x)
        return -np.mean(self.log_p[np.arange(len(x)), self.labels])

    def backward(self, dout=1.0):
        n, k = self.log_p.shape
        one_hot = np.zeros((n, k))
        one_hot[np.arange(n), self.labels] = 1.0
        return (dout / n) * (np.exp(self.log_p) - one_hot)
