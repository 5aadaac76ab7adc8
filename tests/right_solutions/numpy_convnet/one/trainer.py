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
    """Trains `network` and keeps the curves.

    network: any object with `params`, `loss(x, t)`, `gradient(x, t)` and `accuracy(x, t)`; use nothing else of it.
    x_train, x_test: (N, ...); t_train, t_test: labels, one for each entry of x.
    optimizer: a name in `OPTIMIZERS`, made with the settings `optimizer_param` (None: {"lr": 0.001}).
    evaluate_sample_num_per_epoch: how many samples, from the first on, an accuracy is measured on (None: all of them).

    After `train()`:
    train_loss_list: the loss of each mini-batch before its step, in order, as numbers
    train_acc_list, test_acc_list: `network.accuracy` after each epoch
    """

    def __init__(
        self,
        network: Any,
        x_train: np.ndarray,
        t_train: np.ndarray,
        x_test: np.ndarray,
        t_test: np.ndarray,
        epochs: int = 20,
        mini_batch_size: int = 100,
        optimizer: str = "Adam",
        optimizer_param: dict[str, float] | None = None,
        evaluate_sample_num_per_epoch: int | None = 1000,
    ) -> None:
        self.network = network
        self.x_train = x_train
        self.t_train = t_train
        self.x_test = x_test
        self.t_test = t_test
        self.epochs = int(epochs)
        self.batch_size = int(mini_batch_size)
        self.evaluate_sample_num_per_epoch = evaluate_sample_num_per_epoch
        if optimizer_param is None:
            optimizer_param = {"lr": 0.001}
        self.optimizer = OPTIMIZERS[optimizer](**optimizer_param)

        self.train_size = x_train.shape[0]
        self.iter_per_epoch = int(np.ceil(self.train_size / mini_batch_size))
        self.current_epoch = 0
        self.train_loss_list = []
        self.train_acc_list = []
        self.test_acc_list = []

    def train(self) -> None:
        """Go through the training set `epochs` times, each time in a new random order, in mini-batches of `mini_batch_size`.

        An epoch uses every sample exactly once; its last mini-batch may be smaller. One step of the optimizer a mini-batch.
        The order comes from numpy's global generator (`np.random.permutation`), so that `np.random.seed` makes a run repeatable.
        """
        for _ in range(self.epochs):
            perm = np.random.permutation(self.train_size)
            for i in range(self.iter_per_epoch):
                self.train_step(perm[i * self.batch_size : (i + 1) * self.batch_size])
            self.evaluate()

    def train_step(self, batch_mask):
        x_batch = self.x_train[batch_mask]
        t_batch = self.t_train[batch_mask]
        loss = self.network.loss(x_batch, t_batch)
        grads = self.network.gradient(x_batch, t_batch)
        self.optimizer.update(self.network.params, grads)
        self.train_loss_list.append(loss)

    def evaluate(self):
        self.current_epoch += 1
        n = self.evaluate_sample_num_per_epoch
        if n is None:
            train_acc = self.network.accuracy(self.x_train, self.t_train)
            test_acc = self.network.accuracy(self.x_test, self.t_test)
        else:
            train_acc = self.network.accuracy(self.x_train[:n], self.t_train[:n])
            test_acc = self.network.accuracy(self.x_test[:n], self.t_test[:n])
        self.train_acc_list.append(train_acc)
        self.test_acc_list.append(test_acc)
        print(f"=== epoch {self.current_epoch}: train acc {train_acc}, test acc {test_acc} ===")
