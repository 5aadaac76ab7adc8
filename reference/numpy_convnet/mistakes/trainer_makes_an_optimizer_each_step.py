"""Make the optimizer once: Momentum and Adam remember earlier steps, and a new one has forgotten them."""

import numpy as np

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        settings = {name: getattr(self.optimizer, name) for name in ("lr", "momentum") if hasattr(self.optimizer, name)}
        kind = type(self.optimizer)
        for _ in range(self.epochs):
            order = np.random.permutation(len(self.x_train))
            for start in range(0, len(order), self.mini_batch_size):
                batch = order[start : start + self.mini_batch_size]
                x, t = self.x_train[batch], self.t_train[batch]
                self.train_loss_list.append(self.network.loss(x, t))
                kind(**settings).update(self.network.params, self.network.gradient(x, t))
            self.train_acc_list.append(self.network.accuracy(self.x_train[: self.evaluated], self.t_train[: self.evaluated]))
            self.test_acc_list.append(self.network.accuracy(self.x_test[: self.evaluated], self.t_test[: self.evaluated]))
