"""`dout[mask] = 0` changes the array that backward was given (the textbook's version does): copy it, or use np.where."""

QUESTION = "Q4"
FILE = "layers.py"


class Relu(Relu):
    def backward(self, dout):
        dout[~self.positive] = 0
        return dout
