"""For class numbers the gradient is divided by N as well, as it is for one-hot labels."""

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        self.numbers = t.ndim == 1
        return super().forward(x, t)

    def backward(self, dout=1.0):
        dx = super().backward(dout)
        return dx * len(dx) if self.numbers else dx
