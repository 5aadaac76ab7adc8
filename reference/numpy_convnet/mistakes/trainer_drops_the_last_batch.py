"""The samples that do not fill a last mini-batch are left out: let the last one be smaller."""

import numpy as np

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        for _ in range(self.epochs):
            order = np.random.permutation(len(self.x_train))
            for number in range(len(self.x_train) // self.mini_batch_size):
                batch = order[number * self.mini_batch_size : (number + 1) * self.mini_batch_size]
                x, t = self.x_train[batch], self.t_train[batch]
                self.train_loss_list.append(self.network.loss(x, t))
                self.optimizer.update(self.network.params, self.network.gradient(x, t))
            self.train_acc_list.append(self.network.accuracy(self.x_train[: self.evaluated], self.t_train[: self.evaluated]))
            self.test_acc_list.append(self.network.accuracy(self.x_test[: self.evaluated], self.t_test[: self.evaluated]))
