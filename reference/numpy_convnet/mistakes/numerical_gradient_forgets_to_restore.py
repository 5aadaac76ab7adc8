"""Put each number back before you go on to the next: yours leaves every parameter h too small."""

import numpy as np

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def numerical_gradient(self, x, t):
        h, grads = 1e-4, {}
        for name, values in self.params.items():
            grads[name] = np.zeros_like(values)
            for index in np.ndindex(values.shape):
                values[index] += h
                above = self.loss(x, t)
                values[index] -= 2 * h
                grads[name][index] = (above - self.loss(x, t)) / (2 * h)
        return grads
