"""gradient computes and changes nothing: the step w - lr * g is the optimizer's."""

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def gradient(self, x, t):
        grads = super().gradient(x, t)
        for name, value in grads.items():
            self.params[name] -= 0.01 * value
        return grads
