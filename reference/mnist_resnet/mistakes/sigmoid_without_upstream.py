"""SigmoidGate.backward gives the local slope alone: multiply it by upstream."""

import math

QUESTION = "Q5"
FILE = "backprop.py"


class SigmoidGate:
    def forward(self, x):
        self.x = x
        small = math.exp(-abs(x))
        self.value = 1.0 / (1.0 + small) if x >= 0 else small / (1.0 + small)
        return self.value

    def backward(self, _upstream):
        return (self.value * (1.0 - self.value),)
