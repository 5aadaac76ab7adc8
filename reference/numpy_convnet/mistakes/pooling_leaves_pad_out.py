"""The output size leaves out the padding: 1 + (H + 2 * pad - PH) // stride. Some printings of the textbook leave it out too."""

QUESTION = "Q3"
FILE = "layers.py"


class Pooling(Pooling):
    def forward(self, x):
        n, c, h, w = x.shape
        out_h = 1 + (h - self.pool_h) // self.stride
        out_w = 1 + (w - self.pool_w) // self.stride
        col = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        self.input_shape, self.winner = x.shape, col.argmax(axis=1)
        return col.max(axis=1).reshape(n, out_h, out_w, c).transpose(0, 3, 1, 2)
