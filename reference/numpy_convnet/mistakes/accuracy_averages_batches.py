"""A last batch that is smaller weighs less: count the right answers of all batches and divide by N once."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def accuracy(self, x, t, batch_size=100):
        if t.ndim != 1:
            t = np.argmax(t, axis=1)
        starts = range(0, len(x), batch_size)
        batches = [(x[start : start + batch_size], t[start : start + batch_size]) for start in starts]
        return float(np.mean([np.mean(self.predict(images).argmax(axis=1) == labels) for images, labels in batches]))
