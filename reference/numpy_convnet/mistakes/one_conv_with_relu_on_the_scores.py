"""No ReLU after the last layer: scores may be negative."""

QUESTION = "Q6"
FILE = "convnets.py"


class OneConvNet(OneConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, output_size, weight_init_std)
        self.layers["relu2"] = Relu()
