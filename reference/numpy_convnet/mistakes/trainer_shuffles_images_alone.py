"""Images and labels have to be shuffled by the same permutation, or each image gets another one's label."""

import numpy as np

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        for _ in range(self.epochs):
            images = np.random.permutation(len(self.x_train))
            labels = np.random.permutation(len(self.x_train))
            for start in range(0, len(images), self.mini_batch_size):
                x = self.x_train[images[start : start + self.mini_batch_size]]
                t = self.t_train[labels[start : start + self.mini_batch_size]]
                self.train_loss_list.append(self.network.loss(x, t))
                self.optimizer.update(self.network.params, self.network.gradient(x, t))
            self.train_acc_list.append(self.network.accuracy(self.x_train[: self.evaluated], self.t_train[: self.evaluated]))
            self.test_acc_list.append(self.network.accuracy(self.x_test[: self.evaluated], self.t_test[: self.evaluated]))
