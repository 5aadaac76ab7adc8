"""Deep learning's convolution does not flip the filter: patch times filter, pixel by pixel, as they lie."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def __init__(self, W, b, stride=1, pad=0):
        super().__init__(W[:, :, ::-1, ::-1], b, stride, pad)
