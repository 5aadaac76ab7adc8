"""`x[x <= 0] = 0` changes the array that forward was given: the layer before may still need it. Copy it first."""

QUESTION = "Q4"
FILE = "layers.py"


class Relu(Relu):
    def forward(self, x):
        self.positive = x > 0
        x[~self.positive] = 0
        return x
