"""db is the sum of dout over images and pixels, not the mean."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(axis=(0, 2, 3))
        return dx
