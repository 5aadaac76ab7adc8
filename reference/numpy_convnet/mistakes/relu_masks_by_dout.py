"""The gradient passes where the input x was positive, whatever the sign of dout."""

import numpy as np

QUESTION = "Q4"
FILE = "layers.py"


class Relu(Relu):
    def backward(self, dout):
        return np.where(dout > 0, dout, 0)
