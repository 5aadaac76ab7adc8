"""36 * 6 * 6 is 1,296, not 1,188; and 36 filters are not 6 x 6: LeNet has two convolutions, of 6 and of 16 filters."""

import numpy as np

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        start_empty(self)
        conv_param = {"filter_num": 36, "filter_size": 5, "pad": 0, "stride": 1}
        add_conv_block(self, input_dim, conv_param, std=np.sqrt(2 / (input_dim[0] * 25)))
        self.layers["pool2"] = Pooling(2, 2, stride=2)
        inputs = 1188
        for outputs in (120, 84):
            add_affine(self, inputs, outputs, std=np.sqrt(2 / inputs))
            self.layers[f"relu{len(self.params) // 2}"] = Relu()
            inputs = outputs
        add_affine(self, inputs, output_size, std=np.sqrt(2 / inputs))
