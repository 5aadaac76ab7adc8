"""backward has to give dx the shape that x had: for 4-D input reshape it back, or the pooling layer before cannot use it."""

QUESTION = "Q4"
FILE = "layers.py"


class Affine(Affine):
    def backward(self, dout):
        return super().backward(dout).reshape(len(dout), -1)
