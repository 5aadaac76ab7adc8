"""The loss is averaged over the batch: divide the sum by N."""

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        return super().forward(x, t) * len(x)

    def backward(self, dout=1.0):
        return super().backward(dout) * len(self.target)
