"""dout is (N, FN, OH, OW): transpose it to (N, OH, OW, FN) before you make it a matrix with FN columns."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def backward(self, dout):
        filters, _, filter_h, filter_w = self.W.shape
        dout = dout.reshape(-1, filters)
        self.db = dout.sum(axis=0)
        self.dW = (dout.T @ self.col).reshape(self.W.shape)
        return col2im(dout @ self.W.reshape(filters, -1), self.input_shape, filter_h, filter_w, self.stride, self.pad)
