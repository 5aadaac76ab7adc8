"""Between the affine layers stands a ReLU: without it the three are one affine map."""

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        super().__init__(input_dim, output_size)
        del self.layers["relu3"], self.layers["relu4"]
