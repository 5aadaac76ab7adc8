"""Training a network in mini-batches. SGD, Momentum and Adam are given: choose one of them by its name from `OPTIMIZERS`."""

from typing import Any

import numpy as np


class SGD:
    """w <- w - lr * g"""

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: dict[str, np.ndarray], grads: dict[str, np.ndarray]) -> None:
        """Changes the arrays in `params` in place."""
        for name in params:
            params[name] -= self.lr * grads[name]


class Momentum:
    """v <- momentum * v - lr * g;  w <- w + v"""

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr = lr
        self.momentum = momentum
        self.v: dict[str, np.ndarray] = {}

    def update(self, params: dict[str, np.ndarray], grads: dict[str, np.ndarray]) -> None:
        """Changes the arrays in `params` in place."""
        for name in params:
            self.v[name] = self.momentum * self.v.get(name, 0.0) - self.lr * grads[name]
            params[name] += self.v[name]


class Adam:
    """Steps of about lr, whatever the gradient's scale: running means of g and of g * g, both corrected for their start at 0."""

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.steps = 0
        self.m: dict[str, np.ndarray] = {}
        self.v: dict[str, np.ndarray] = {}

    def update(self, params: dict[str, np.ndarray], grads: dict[str, np.ndarray]) -> None:
        """Changes the arrays in `params` in place."""
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
    def __init__(self, network, x_train, t_train, x_test, t_test, epochs=20, mini_batch_size=100, **options):
        self.network, self.epochs, self.size = network, epochs, mini_batch_size
        self.sets = {"train": (x_train, t_train), "test": (x_test, t_test)}
        self.first = slice(options.pop("evaluate_sample_num_per_epoch", 1000))
        settings = options.pop("optimizer_param", None) or {"lr": 0.001}
        self.optimizer = OPTIMIZERS[options.pop("optimizer", "Adam")](**settings)
        if options:
            raise TypeError(f"unknown: {', '.join(options)}")
        self.history = []  # ("loss" or "train" or "test", value)

    def of(self, kind):
        return [value for name, value in self.history if name == kind]

    train_loss_list = property(lambda self: self.of("loss"))
    train_acc_list = property(lambda self: self.of("train"))
    test_acc_list = property(lambda self: self.of("test"))

    def step(self, batch):
        inputs = [values[batch] for values in self.sets["train"]]
        self.history.append(("loss", self.network.loss(*inputs)))
        self.optimizer.update(self.network.params, self.network.gradient(*inputs))

    def train(self):
        samples = len(self.sets["train"][0])
        for _ in range(self.epochs):
            for batch in np.split(np.random.permutation(samples), range(self.size, samples, self.size)):
                self.step(batch)
            for name, (x, t) in self.sets.items():
                self.history.append((name, self.network.accuracy(x[self.first], t[self.first])))
