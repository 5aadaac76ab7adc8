"""The deviation is sqrt(2 / fan-in), another one for each layer: with 0.01 throughout the signal all but dies in five layers."""

import numpy as np

QUESTION = "Q7"
FILE = "convnets.py"


class LeNet(LeNet):
    def __init__(self, input_dim=(1, 28, 28), output_size=10):
        super().__init__(input_dim, output_size)
        for name, values in self.params.items():
            if name.startswith("W"):
                values[...] = 0.01 * np.random.randn(*values.shape)
