# numpy로 만드는 ConvNet: 학습
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
        verbose=False,
    ):
        self.net = network
        self.x_train, self.t_train = x_train, t_train
        self.x_test, self.t_test = x_test, t_test
        self.epochs = epochs
        self.mini_batch_size = mini_batch_size
        self.verbose = verbose

        if optimizer_param is None:
            optimizer_param = {"lr": 0.001}
        if optimizer == "SGD":
            self.optimizer = SGD(**optimizer_param)
        elif optimizer == "Momentum":
            self.optimizer = Momentum(**optimizer_param)
        elif optimizer == "Adam":
            self.optimizer = Adam(**optimizer_param)
        else:
            raise ValueError(f"알 수 없는 optimizer: {optimizer}")

        n = evaluate_sample_num_per_epoch
        self.n_train = len(x_train) if n is None else min(n, len(x_train))
        self.n_test = len(x_test) if n is None else min(n, len(x_test))
        self.train_loss_list = []
        self.train_acc_list = []
        self.test_acc_list = []

    def train(self):
        index = np.arange(len(self.x_train))
        for epoch in range(self.epochs):
            index = np.random.permutation(index)  # 에폭마다 새로 섞는다
            n_batches = -(-len(index) // self.mini_batch_size)  # 올림
            for k in range(n_batches):
                batch = index[self.mini_batch_size * k :][: self.mini_batch_size]
                self._step(self.x_train[batch], self.t_train[batch])
            self.train_acc_list.append(self.net.accuracy(self.x_train[: self.n_train], self.t_train[: self.n_train]))
            self.test_acc_list.append(self.net.accuracy(self.x_test[: self.n_test], self.t_test[: self.n_test]))
            if self.verbose:
                print("에폭", epoch + 1, "정확도", self.train_acc_list[-1], self.test_acc_list[-1])

    def _step(self, x, t):
        loss = self.net.loss(x, t)
        self.train_loss_list.append(loss)
        grads = self.net.gradient(x, t)
        self.optimizer.update(self.net.params, grads)
