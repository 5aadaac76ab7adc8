"""AddGate passes the whole gradient on to each input; this one shares it out."""

QUESTION = "Q5"
FILE = "backprop.py"


class AddGate:
    def forward(self, x, y):
        return x + y

    def backward(self, upstream):
        return upstream / 2, upstream / 2
