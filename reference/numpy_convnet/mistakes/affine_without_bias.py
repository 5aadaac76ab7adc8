"""The bias is missing: x @ W + b."""

QUESTION = "Q4"
FILE = "layers.py"


class Affine(Affine):
    def forward(self, x):
        return super().forward(x) - self.b
