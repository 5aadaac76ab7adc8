"""The derivative of x * y with respect to x is y: MulGate swaps its inputs on the way back."""

QUESTION = "Q5"
FILE = "backprop.py"


class MulGate:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, upstream):
        return upstream * self.x, upstream * self.y
