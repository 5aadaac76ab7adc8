"""`x -= x.max(...)` changes the scores that forward was given: write x = x - x.max(...)."""

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        x -= x.max(axis=1, keepdims=True)
        return super().forward(x, t)
