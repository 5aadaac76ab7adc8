"""Padding with zeros lets the padding win over negative values: pad with -np.inf before you take the maximum."""

QUESTION = "Q3"
FILE = "layers.py"


class Pooling(Pooling):
    def forward(self, x):
        n, c, h, w = x.shape
        out_h = 1 + (h + 2 * self.pad - self.pool_h) // self.stride
        out_w = 1 + (w + 2 * self.pad - self.pool_w) // self.stride
        windows = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        self.input_shape, self.winner = x.shape, windows.argmax(axis=1)
        return windows.max(axis=1).reshape(n, out_h, out_w, c).transpose(0, 3, 1, 2)
