"""The slope is s (1 - s) with s the sigmoid's value, not its input."""

import math

QUESTION = "Q5"
FILE = "backprop.py"


class SigmoidGate:
    def forward(self, x):
        self.x = x
        small = math.exp(-abs(x))
        self.value = 1.0 / (1.0 + small) if x >= 0 else small / (1.0 + small)
        return self.value

    def backward(self, upstream):
        return (upstream * self.x * (1.0 - self.x),)
