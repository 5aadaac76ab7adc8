# numpy로 만드는 ConvNet: 계층
import numpy as np


def out_shape(H, W, FH, FW, stride, pad):
    OH = int((H + 2 * pad - FH) / stride) + 1
    OW = int((W + 2 * pad - FW) / stride) + 1
    return OH, OW


def zero_pad(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant")


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    OH, OW = out_shape(H, W, filter_h, filter_w, stride, pad)
    x = zero_pad(x, pad)
    rows = []
    for n in range(N):  # 이미지마다
        for i in range(OH):  # 위에서 아래로
            for j in range(OW):  # 왼쪽에서 오른쪽으로
                patch = x[n, :, i * stride : i * stride + filter_h, j * stride : j * stride + filter_w]
                rows.append(patch.ravel())
    return np.array(rows)


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    OH, OW = out_shape(H, W, filter_h, filter_w, stride, pad)
    x = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=col.dtype)
    k = 0
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                x[n, :, i * stride : i * stride + filter_h, j * stride : j * stride + filter_w] += col[k].reshape(
                    C, filter_h, filter_w
                )
                k += 1
    if pad > 0:
        x = x[:, :, pad:-pad, pad:-pad]
    return x


class Convolution:
    """im2col 없이: 출력 위치마다 tensordot 한 번"""

    def __init__(self, W, b, stride=1, pad=0):
        self.W = W
        self.b = b
        self.stride = stride
        self.pad = pad
        self.dW = None
        self.db = None

    def _region(self, i, j):
        FH, FW = self.W.shape[2], self.W.shape[3]
        s = self.stride
        return slice(i * s, i * s + FH), slice(j * s, j * s + FW)

    def forward(self, x):
        self.x_padded = zero_pad(x, self.pad)
        FN, _, FH, FW = self.W.shape
        N, _, H, W = x.shape
        OH, OW = out_shape(H, W, FH, FW, self.stride, self.pad)
        out = np.empty((N, FN, OH, OW))
        for i in range(OH):
            for j in range(OW):
                r, c = self._region(i, j)
                # (N, C, FH, FW)와 (FN, C, FH, FW) -> (N, FN)
                out[:, :, i, j] = np.tensordot(self.x_padded[:, :, r, c], self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return out

    def backward(self, dout):
        self.db = dout.sum(axis=(0, 2, 3))
        self.dW = np.zeros(self.W.shape)
        dx = np.zeros(self.x_padded.shape)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                r, c = self._region(i, j)
                d = dout[:, :, i, j]  # (N, FN)
                self.dW += np.tensordot(d, self.x_padded[:, :, r, c], axes=(0, 0))
                dx[:, :, r, c] += np.tensordot(d, self.W, axes=1)
        p = self.pad
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2, pad=0):
        self.pool_h = pool_h
        self.pool_w = pool_w
        self.stride = stride
        self.pad = pad

    def forward(self, x):
        N, C, H, W = x.shape
        p, s = self.pad, self.stride
        OH, OW = out_shape(H, W, self.pool_h, self.pool_w, s, p)
        # 패딩은 절대로 최댓값이 되지 않게
        padded = np.full((N, C, H + 2 * p, W + 2 * p), -np.inf)
        padded[:, :, p : p + H, p : p + W] = x
        self.padded_shape = padded.shape
        self.max_index = {}
        out = np.zeros((N, C, OH, OW))
        for i in range(OH):
            for j in range(OW):
                window = padded[:, :, i * s : i * s + self.pool_h, j * s : j * s + self.pool_w].reshape(N, C, -1)
                self.max_index[i, j] = window.argmax(axis=2)
                out[:, :, i, j] = window.max(axis=2)
        return out

    def backward(self, dout):
        N, C, OH, OW = dout.shape
        p, s = self.pad, self.stride
        dx = np.zeros(self.padded_shape)
        n, c = np.ogrid[:N, :C]
        for (i, j), index in self.max_index.items():
            row, column = np.divmod(index, self.pool_w)
            dx[n, c, i * s + row, j * s + column] += dout[:, :, i, j]
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = np.heaviside(x, 0)  # x > 0 이면 1, 아니면 0
        return self.mask * x

    def backward(self, dout):
        return self.mask * dout


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.dW, self.db = None, None

    def forward(self, x):
        self.x = x
        flat = x.reshape([x.shape[0], self.W.shape[0]])
        return flat @ self.W + self.b[None, :]

    def backward(self, dout):
        N = dout.shape[0]
        self.dW = self.x.reshape([N, -1]).T @ dout
        self.db = np.ones(N) @ dout
        return (self.W @ dout.T).T.reshape(self.x.shape)


class SoftmaxWithLoss:
    def __init__(self):
        self.y = None  # softmax의 출력
        self.t = None  # 정답 (one-hot)

    def forward(self, x, t):
        K = x.shape[1]
        if t.ndim == 1:  # 클래스 번호를 one-hot으로
            t = (t[:, None] == np.arange(K)).astype(float)
        self.t = t
        e = np.exp(x - np.max(x, axis=1)[:, np.newaxis])  # 오버플로 방지
        self.y = e / e.sum(axis=1)[:, np.newaxis]
        p = np.sum(self.y * t, axis=1)  # 정답 클래스의 확률
        return -np.mean(np.log(p + 1e-7))

    def backward(self, dout=1.0):
        dx = self.y - self.t
        dx = dx / len(self.t)
        return dx * dout
