"""AddGate's local derivative is 1, and the chain rule multiplies it by what comes from above."""

QUESTION = "Q5"
FILE = "backprop.py"


class AddGate:
    def forward(self, x, y):
        return x + y

    def backward(self, _upstream):
        return 1.0, 1.0
