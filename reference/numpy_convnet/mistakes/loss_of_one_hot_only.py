"""Labels may be class numbers too: with t of shape (N,), pick the probability of class t[n] in each row n."""

import numpy as np

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        shifted = x - x.max(axis=1, keepdims=True)
        self.probabilities = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        self.target = t
        return -np.sum(t * np.log(self.probabilities + 1e-7)) / len(x)
