"""This is average-pooling: take the largest value of each window."""

QUESTION = "Q3"
FILE = "layers.py"


class Pooling(Pooling):
    def forward(self, x):
        out = super().forward(x)
        windows = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        n, c, out_h, out_w = out.shape
        return windows.mean(axis=1).reshape(n, out_h, out_w, c).transpose(0, 3, 1, 2)
