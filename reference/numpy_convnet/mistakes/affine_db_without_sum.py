"""db is the sum of dout over the batch, of shape (M,): the same b was added to every sample."""

QUESTION = "Q4"
FILE = "layers.py"


class Affine(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout
        return dx
