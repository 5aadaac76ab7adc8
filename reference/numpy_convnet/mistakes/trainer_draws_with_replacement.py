"""np.random.choice draws some samples twice and others never: an epoch uses each once, so cut a permutation into mini-batches."""

import numpy as np

QUESTION = "Q8"
FILE = "trainer.py"


class Trainer(Trainer):
    def train(self):
        for _ in range(self.epochs):
            samples = len(self.x_train)
            for start in range(0, samples, self.mini_batch_size):
                batch = np.random.choice(samples, min(self.mini_batch_size, samples - start))
                x, t = self.x_train[batch], self.t_train[batch]
                self.train_loss_list.append(self.network.loss(x, t))
                self.optimizer.update(self.network.params, self.network.gradient(x, t))
            self.train_acc_list.append(self.network.accuracy(self.x_train[: self.evaluated], self.t_train[: self.evaluated]))
            self.test_acc_list.append(self.network.accuracy(self.x_test[: self.evaluated], self.t_test[: self.evaluated]))
