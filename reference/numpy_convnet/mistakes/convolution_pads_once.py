"""Padding lies on both sides: the output has 1 + (H + 2 * pad - FH) // stride rows. Yours counts pad once."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def forward(self, x):
        filters, _, filter_h, filter_w = self.W.shape
        n, _, h, w = x.shape
        out_h = 1 + (h + self.pad - filter_h) // self.stride
        out_w = 1 + (w + self.pad - filter_w) // self.stride
        self.input_shape = x.shape
        self.col = im2col(x, filter_h, filter_w, self.stride, self.pad)
        out = self.col @ self.W.reshape(filters, -1).T + self.b
        return out.reshape(n, out_h, out_w, filters).transpose(0, 3, 1, 2)
