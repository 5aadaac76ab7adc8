"""The pooling is missing: it halves both sides, and W2 has 30 * 12 * 12 = 4320 rows."""

import numpy as np

QUESTION = "Q6"
FILE = "convnets.py"


class OneConvNet(OneConvNet):
    def __init__(self, input_dim=(1, 28, 28), conv_param=None, output_size=10, weight_init_std=0.01):
        super().__init__(input_dim, conv_param, output_size, weight_init_std)
        p = DEFAULT_CONV_PARAM if conv_param is None else conv_param
        h, w = (1 + (side + 2 * p["pad"] - p["filter_size"]) // p["stride"] for side in input_dim[1:])
        del self.layers["pool1"]
        W2 = self.params["W2"] = weight_init_std * np.random.randn(p["filter_num"] * h * w, output_size)
        self.layers["affine2"].W = W2
