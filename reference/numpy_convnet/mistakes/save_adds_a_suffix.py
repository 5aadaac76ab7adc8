"""np.savez(name) adds .npz to a name that does not end so, and load_params does not find the file: give it an open file."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def save_params(self, file_name="params.npz"):
        np.savez(file_name, **self.params)
