"""Pooling halves and rounds down each side: (OH // 2) * (OW // 2). int(OH / 2 * OW / 2) is another number where a side is odd."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, hidden_size=100, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, hidden_size, output_size, weight_init_std)
        p = DEFAULT_CONV_PARAM if conv_param is None else conv_param
        out_h, out_w = (1 + (side + 2 * p["pad"] - p["filter_size"]) / p["stride"] for side in input_dim[1:])
        features = int(p["filter_num"] * (out_h / 2) * (out_w / 2))
        W2 = self.params["W2"] = weight_init_std * np.random.randn(features, hidden_size)
        self.layers["affine2"].W = W2
