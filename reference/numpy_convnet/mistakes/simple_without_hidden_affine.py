"""There are two affine layers: one to hidden_size, a ReLU, and one to output_size."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        start_empty(self)
        features = add_conv_block(self, input_dim, DEFAULT_CONV_PARAM if conv_param is None else conv_param, weight_init_std)
        add_affine(self, int(np.prod(features)), output_size, weight_init_std)
