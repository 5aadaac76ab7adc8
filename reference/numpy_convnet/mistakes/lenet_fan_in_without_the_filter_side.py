"""A filter's fan-in is C * 5 * 5, all the numbers that it multiplies: not the number of channels alone."""

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        super().__init__(input_dim, output_size)
        for name in ("W1", "W2"):
            self.params[name] *= 5.0
