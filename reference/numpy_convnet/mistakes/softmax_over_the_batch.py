"""The probabilities of each image sum to 1: softmax goes along the classes (axis 1), not along the batch."""

import numpy as np

QUESTION = "Q4"
FILE = "layers.py"


class SoftmaxWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        self.target = t if t.ndim == 2 else np.eye(x.shape[1])[t]
        exponentials = np.exp(x - x.max())
        self.probabilities = exponentials / exponentials.sum(axis=0)
        return float(-(self.target * np.log(self.probabilities + 1e-7)).sum() / len(x))
