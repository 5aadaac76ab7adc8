"""The bias is missing: each filter adds its b to every pixel of its map."""

QUESTION = "Q2"
FILE = "layers.py"


class Convolution(Convolution):
    def forward(self, x):
        return super().forward(x) - self.b.reshape(1, -1, 1, 1)
