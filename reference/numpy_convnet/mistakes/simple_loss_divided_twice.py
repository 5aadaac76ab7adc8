"""SoftmaxWithLoss has averaged over the batch already: do not divide the loss by N again."""

QUESTION = "Q5"
FILE = "convnets.py"


class SimpleConvNet(SimpleConvNet):
    def loss(self, x, t):
        return super().loss(x, t) / len(x)
