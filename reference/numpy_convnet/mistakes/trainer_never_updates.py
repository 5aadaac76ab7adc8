"""Nothing is learnt: the optimizer's update is never called, or is called on copies of the parameters."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        update = self.optimizer.update
        self.optimizer.update = lambda params, grads: update({name: value.copy() for name, value in params.items()}, grads)
        super().train()
