"""Where several values of a window are the largest, one of them gets the gradient: argmax picks one, x == max picks all."""

QUESTION = "Q3"
FILE = "layers.py"


class Pooling(Pooling):
    def forward(self, x):
        windows = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        self.largest = windows == windows.max(axis=1, keepdims=True)
        return super().forward(x)

    def backward(self, dout):
        n, c, h, w = self.input_shape
        dwindows = self.largest * dout.transpose(0, 2, 3, 1).reshape(-1, 1)
        dcol = dwindows.reshape(-1, c * self.pool_h * self.pool_w)
        return col2im(dcol, (n, c, h, w), self.pool_h, self.pool_w, self.stride, self.pad)
