"""exp(1000) is too large for a float: for negative x write the sigmoid as exp(x) / (1 + exp(x))."""

import math

QUESTION = "Q5"
FILE = "backprop.py"


class SigmoidGate:
    def forward(self, x):
        self.value = 1.0 / (1.0 + math.exp(-x))
        return self.value

    def backward(self, upstream):
        return (upstream * self.value * (1.0 - self.value),)
