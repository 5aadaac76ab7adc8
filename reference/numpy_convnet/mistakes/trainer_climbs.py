"""The loss rises: the given optimizers step against the gradient already, so hand them the gradient as it is."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        update = self.optimizer.update
        self.optimizer.update = lambda params, grads: update(params, {name: -value for name, value in grads.items()})
        super().train()
