"""Labels may be one-hot: take their argmax first."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def accuracy(self, x, t, batch_size=100):
        right = 0
        for start in range(0, len(x), batch_size):
            predicted = self.predict(x[start : start + batch_size]).argmax(axis=1)
            right += sum(bool(np.all(a == b)) for a, b in zip(predicted, t[start : start + batch_size], strict=True))
        return right / len(x)
