"""predict gives the scores before the softmax: SoftmaxWithLoss applies it, and twice is once too often."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def predict(self, x):
        scores = super().predict(x)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
