"""train_loss_list has an entry for each mini-batch, not one for each epoch."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        super().train()
        steps = len(self.train_loss_list) // self.epochs
        self.train_loss_list = self.train_loss_list[::steps]
