"""LeNet has two convolutions, each with its pooling; one of 36 filters and two poolings in a row is another net."""

import numpy as np

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        start_empty(self)
        conv_param = {"filter_num": 36, "filter_size": 5, "pad": 0, "stride": 1}
        filters, h, w = add_conv_block(self, input_dim, conv_param, std=np.sqrt(2 / (input_dim[0] * 25)))
        self.layers["pool2"] = Pooling(2, 2, stride=2)
        inputs = filters * (h // 2) * (w // 2)
        for outputs in (120, 84):
            add_affine(self, inputs, outputs, std=np.sqrt(2 / inputs))
            self.layers[f"relu{len(self.params) // 2}"] = Relu()
            inputs = outputs
        add_affine(self, inputs, output_size, std=np.sqrt(2 / inputs))
