"""The optimizers that came with the homework, and my Trainer."""

import numpy as np


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for name in params:
            params[name] -= self.lr * grads[name]


class Momentum:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum = lr, momentum
        self.v = {}

    def update(self, params, grads):
        for name in params:
            self.v[name] = self.momentum * self.v.get(name, 0.0) - self.lr * grads[name]
            params[name] += self.v[name]


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.steps = 0
        self.m, self.v = {}, {}

    def update(self, params, grads):
        self.steps += 1
        for name in params:
            g = grads[name]
            self.m[name] = self.beta1 * self.m.get(name, 0.0) + (1 - self.beta1) * g
            self.v[name] = self.beta2 * self.v.get(name, 0.0) + (1 - self.beta2) * g * g
            m = self.m[name] / (1 - self.beta1**self.steps)
            v = self.v[name] / (1 - self.beta2**self.steps)
            params[name] -= self.lr * m / (np.sqrt(v) + self.eps)


OPTIMIZERS = {"SGD": SGD, "Momentum": Momentum, "Adam": Adam}


class Trainer:
    def __init__(
        self,
        network,
        x_train,
        t_train,
        x_test,
        t_test,
        epochs=20,
        mini_batch_size=100,
        optimizer="Adam",
        optimizer_param=None,
        evaluate_sample_num_per_epoch=1000,
    ):
        self.network = network
        self.train_set = (x_train, t_train)
        self.test_set = (x_test, t_test)
        self.epochs = epochs
        self.mini_batch_size = mini_batch_size
        settings = dict(lr=0.001) if optimizer_param is None else dict(optimizer_param)
        self.optimizer = OPTIMIZERS[optimizer](**settings)
        self.first = slice(evaluate_sample_num_per_epoch)  # slice(None): all
        self.train_loss_list, self.train_acc_list, self.test_acc_list = [], [], []

    def mini_batches(self):
        """One epoch: the whole training set in a new order, in pieces."""
        x, t = self.train_set
        order = np.random.permutation(len(x))
        x, t = x[order], t[order]
        start = 0
        while start < len(x):
            stop = start + self.mini_batch_size
            yield x[start:stop], t[start:stop]
            start = stop

    def accuracy_of(self, data):
        x, t = data
        return float(self.network.accuracy(x[self.first], t[self.first]))

    def train(self):
        for _ in range(self.epochs):
            for x, t in self.mini_batches():
                grads = self.network.gradient(x, t)
                self.train_loss_list += [float(self.network.loss(x, t))]
                self.optimizer.update(self.network.params, grads)
            self.train_acc_list += [self.accuracy_of(self.train_set)]
            self.test_acc_list += [self.accuracy_of(self.test_set)]
