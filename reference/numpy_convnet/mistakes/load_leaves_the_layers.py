"""load_params replaces the arrays in params, but the layers still hold the old ones: copy the values into those."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def load_params(self, file_name="params.npz"):
        with np.load(file_name) as kept:
            self.params = {name: kept[name] for name in self.params}
