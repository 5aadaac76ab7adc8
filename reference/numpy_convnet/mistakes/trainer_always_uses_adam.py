"""The argument `optimizer` chooses the optimizer: yours takes Adam whatever it says."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.optimizer = Adam(lr=self.optimizer.lr)
