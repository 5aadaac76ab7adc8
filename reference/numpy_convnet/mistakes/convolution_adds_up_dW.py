"""backward sets dW and db afresh: with += the gradient of the last batch is still in them."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def backward(self, dout):
        dW, db = self.dW, self.db
        dx = super().backward(dout)
        if dW is not None:
            self.dW = self.dW + dW
            self.db = self.db + db
        return dx
