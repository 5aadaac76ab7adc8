"""Layers by strides, einsum and add.at; what belongs together is a dataclass or a property."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided


def view(x, fh, fw, stride):
    """(N, C, OH, OW, FH, FW): all windows, without a copy."""
    n, c, h, w = x.shape
    s0, s1, s2, s3 = x.strides
    places = (h - fh) // stride + 1, (w - fw) // stride + 1
    return as_strided(x, (n, c, *places, fh, fw), (s0, s1, stride * s2, stride * s3, s2, s3), writeable=False)


def framed(x, pad, value=0.0):
    n, c, h, w = x.shape
    out = np.full((n, c, h + 2 * pad, w + 2 * pad), value, dtype=x.dtype)
    out[:, :, pad : h + pad, pad : w + pad] = x
    return out


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    windows = view(framed(x, pad), filter_h, filter_w, stride)
    return np.einsum("ncijuv->nijcuv", windows).reshape(-1, x.shape[1] * filter_h * filter_w)


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    n, c, h, w = input_shape
    numbers = 1 + np.arange(n * c * h * w).reshape(input_shape)  # 0 is the padding
    targets = im2col(numbers, filter_h, filter_w, stride, pad)
    return np.bincount(targets.ravel(), np.ravel(col), minlength=numbers.size + 1)[1:].reshape(input_shape)


@dataclass
class Convolution:
    W: np.ndarray
    b: np.ndarray
    stride: int = 1
    pad: int = 0
    dW: Any = field(default=None, init=False)
    db: Any = field(default=None, init=False)

    def forward(self, x):
        self.shape = x.shape
        self.windows = view(framed(x, self.pad), *self.W.shape[2:], self.stride)
        return np.einsum("ncijuv,fcuv->nfij", self.windows, self.W, optimize=True) + self.b[:, None, None]

    def backward(self, dout):
        self.dW, self.db = np.einsum("nfij,ncijuv->fcuv", dout, self.windows, optimize=True), np.einsum("nfij->f", dout)
        dcol = np.einsum("nfij,fcuv->nijcuv", dout, self.W, optimize=True)
        return col2im(dcol, self.shape, *self.W.shape[2:], self.stride, self.pad)


@dataclass
class Pooling:
    pool_h: int
    pool_w: int
    stride: int = 2
    pad: int = 0

    @property
    def window(self):
        return self.pool_h, self.pool_w

    def forward(self, x):
        self.shape = x.shape
        padded = framed(x, self.pad, -np.inf)
        self.numbers = view(np.arange(padded.size).reshape(padded.shape), *self.window, self.stride)
        self.padded_shape = padded.shape
        windows = view(padded, *self.window, self.stride)
        flat = windows.reshape(*windows.shape[:4], -1)
        self.best = flat.argmax(-1)[..., None]
        return np.take_along_axis(flat, self.best, -1)[..., 0]

    def backward(self, dout):
        winners = np.take_along_axis(self.numbers.reshape(*self.numbers.shape[:4], -1), self.best, -1)[..., 0]
        dx = np.zeros(self.padded_shape)
        np.add.at(dx.reshape(-1), winners, dout)
        h, w = self.shape[2:]
        return dx[:, :, self.pad : self.pad + h, self.pad : self.pad + w]


class Relu:
    def forward(self, x):
        self.slope = np.heaviside(x, 0.0)
        return x * self.slope

    def backward(self, dout):
        return dout * self.slope


class Affine:
    def __init__(self, W, b):
        self.parameters = {"W": W, "b": b}
        self.gradients = {}

    W = property(lambda self: self.parameters["W"])
    b = property(lambda self: self.parameters["b"])
    dW = property(lambda self: self.gradients["W"])
    db = property(lambda self: self.gradients["b"])

    def forward(self, x):
        self.x = x
        return np.tensordot(x.reshape(len(x), -1), self.W, axes=(1, 0)) + self.b

    def backward(self, dout):
        self.gradients = {"W": np.tensordot(self.x.reshape(len(self.x), -1), dout, axes=(0, 0)), "b": np.add.reduce(dout)}
        return np.inner(dout, self.W).reshape(self.x.shape)


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.log_p = x - np.logaddexp.reduce(x, axis=1, keepdims=True)
        self.rows = np.arange(len(x)), t.argmax(1) if t.ndim > 1 else t.astype(int)
        return -np.mean(self.log_p[self.rows])

    def backward(self, dout=1.0):
        dx = np.exp(self.log_p)
        dx[self.rows] -= 1
        return dx * (dout / len(dx))
