"""MaxGate routes the gradient to the smaller input: it belongs to the larger."""

QUESTION = "Q5"
FILE = "backprop.py"


class MaxGate:
    def forward(self, x, y):
        self.x_is_larger = x > y
        return max(x, y)

    def backward(self, upstream):
        return (0.0, upstream) if self.x_is_larger else (upstream, 0.0)
