"""Flatten with a plain reshape(N, -1), which goes channel by channel; no transpose before it."""

QUESTION = "Q4"
FILE = "layers.py"


class Affine(Affine):
    def forward(self, x):
        if x.ndim == 4:
            x = x.transpose(0, 2, 3, 1)
        return super().forward(x)

    def backward(self, dout):
        dx = super().backward(dout)
        return dx.transpose(0, 3, 1, 2) if dx.ndim == 4 else dx
