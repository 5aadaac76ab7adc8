"""The first convolution pads by 2, so that 28 x 28 stays 28 x 28: without it 256 numbers reach the affine layers, not 400."""

import numpy as np

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        start_empty(self)
        features = input_dim
        for filters in (6, 16):
            conv_param = {"filter_num": filters, "filter_size": 5, "pad": 0, "stride": 1}
            features = add_conv_block(self, features, conv_param, std=np.sqrt(2 / (features[0] * 25)))
        inputs = int(np.prod(features))
        for outputs in (120, 84):
            add_affine(self, inputs, outputs, std=np.sqrt(2 / inputs))
            self.layers[f"relu{len(self.params) // 2}"] = Relu()
            inputs = outputs
        add_affine(self, inputs, output_size, std=np.sqrt(2 / inputs))
