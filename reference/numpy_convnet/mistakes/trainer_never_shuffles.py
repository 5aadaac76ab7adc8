"""The samples come in the same order in every epoch: draw a new np.random.permutation at the start of each."""

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        for _ in range(self.epochs):
            for start in range(0, len(self.x_train), self.mini_batch_size):
                x = self.x_train[start : start + self.mini_batch_size]
                t = self.t_train[start : start + self.mini_batch_size]
                self.train_loss_list.append(self.network.loss(x, t))
                self.optimizer.update(self.network.params, self.network.gradient(x, t))
            self.train_acc_list.append(self.network.accuracy(self.x_train[: self.evaluated], self.t_train[: self.evaluated]))
            self.test_acc_list.append(self.network.accuracy(self.x_test[: self.evaluated], self.t_test[: self.evaluated]))
