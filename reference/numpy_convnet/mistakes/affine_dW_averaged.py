"""dW = x.T @ dout as it is: the division by the batch size is already in the loss."""

QUESTION = "Q4"
FILE = "layers.py"


class Affine(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW / len(dout)
        self.db = self.db / len(dout)
        return dx
