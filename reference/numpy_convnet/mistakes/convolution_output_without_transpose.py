"""The product has its filters in the last axis: reshape to (N, OH, OW, FN), then transpose to (N, FN, OH, OW)."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def forward(self, x):
        out = super().forward(x)
        n, filters, out_h, out_w = out.shape
        return out.transpose(0, 2, 3, 1).reshape(n, filters, out_h, out_w)
