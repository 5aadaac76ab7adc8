"""ReLU sets negative values to 0: it does not turn their sign."""

import numpy as np

QUESTION = "Q4"
FILE = "layers.py"


class Relu(Relu):
    def forward(self, x):
        self.positive = x > 0
        return np.abs(x)
