"""backward has to divide by the batch size as the loss does: (softmax(x) - t) / N."""

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def backward(self, dout=1.0):
        return super().backward(dout) * len(self.target)
