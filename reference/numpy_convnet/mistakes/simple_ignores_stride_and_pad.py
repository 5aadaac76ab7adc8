"""conv_param's stride and pad have to reach the Convolution layer."""

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, hidden_size, output_size, weight_init_std)
        self.layers["conv1"] = Convolution(self.params["W1"], self.params["b1"])
