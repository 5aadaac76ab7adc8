"""Height and width may differ: compute the output size of the convolution and the pooling for each of them."""

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        square = (input_dim[0], input_dim[1], input_dim[1])
        super().__init__(square, conv_param, hidden_size, output_size, weight_init_std)
