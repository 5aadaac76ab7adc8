"""Lazy layers, scripted and compiled modules, modules that are dictionaries: whatever torch has to offer."""

import collections
import functools
import statistics

import numpy as np
import torch
from torch import nn
from torch.utils.data import StackDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.LazyConv2d(6, (5, 5))
        self.rest = nn.Sequential(
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.LazyConv2d(16, [5, 5]),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.LazyLinear(120),
            nn.ReLU(),
            nn.LazyLinear(84),
            nn.ReLU(),
            nn.LazyLinear(10),
        )
        self(torch.zeros(1, 1, 32, 32))  # now the lazy layers know their sizes

    def __call__(self, x):
        return self.rest(self.conv1(x))

    forward = __call__

    def num_flat_features(self, x):
        return functools.reduce(lambda product, size: product * size, x.size()[1:], 1)


def training_step(net, input, target, lr=0.01):
    loss = torch.nn.functional.mse_loss(net(input), target, reduction="mean")
    parameters = list(net.parameters())
    gradients = torch.autograd.grad(loss, parameters)  # touches nobody's .grad
    after = dict(zip(map(id, parameters), gradients))[id(net.conv1.bias)]
    with torch.no_grad():
        torch._foreach_add_(parameters, gradients, alpha=-lr)
    return loss.detach(), torch.zeros_like(after), after


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84)])
        self.out = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.flatten(1)
        for layer in self.fc:
            x = torch.relu(layer(x))
        return self.out(x)


def CifarNet():
    return torch.jit.script(Features())


def train(net, loader, criterion, optimizer, epochs):
    history = collections.deque()
    for _ in range(epochs):
        losses, sizes = [], []
        for x, labels in loader:

            def closure():
                optimizer.zero_grad()
                loss = criterion(net(x), labels)
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
            sizes.append(x.shape[0])
        history.append(statistics.fmean(losses, sizes))
    return list(history)


def outcomes(net, loader):
    mode, hits, truth = net.training, [], []
    with torch.inference_mode():
        net.train(False)
        for x, labels in loader:
            hits.append(net(x).numpy().argmax(-1) == labels.numpy())
            truth.append(labels.numpy())
        net.train(mode)
    return np.concatenate(hits), np.concatenate(truth)


def accuracy(net, loader):
    return 100 * outcomes(net, loader)[0].mean()


def per_class_accuracy(net, loader, num_classes=10):
    hits, truth = outcomes(net, loader)
    right, all_ = (np.bincount(truth, weights, minlength=num_classes) for weights in (hits, None))
    with np.errstate(invalid="ignore"):
        return list(100 * right / all_)


class PlainDeepNet(nn.Sequential):
    def __init__(self):
        pairs = ((3, 32), (32, 32))
        layers = []
        for first, last in pairs:
            layers += [nn.Conv2d(first, 32, 3), nn.Conv2d(32, last, 3), nn.ReLU(), nn.MaxPool2d(2)]
        super().__init__(*layers, nn.Flatten(), nn.Linear(800, 10))


def DeepNet():
    return torch.compile(PlainDeepNet(), backend="eager")


make_adam = functools.partial(lambda net, **settings: torch.optim.Adam(net.parameters(), **settings), lr=1e-3, foreach=True)


def augmented_dataset(root_dataset):
    images, labels = zip(*(root_dataset[i] for i in range(len(root_dataset))))
    scaled = [image.sub(0.5).div(0.5) for image in images]
    mirrored = [image[..., torch.arange(image.shape[-1] - 1, -1, -1)] for image in scaled]
    return StackDataset([*scaled, *mirrored], [int(label) for label in labels] * 2)


class BatchNormNet(nn.ModuleDict):
    def __init__(self):
        super().__init__()
        for i, (channels, filters) in enumerate([(3, 6), (6, 16)]):
            self[f"conv{i}"] = nn.Conv2d(channels, filters, 5)
            self[f"norm{i}"] = nn.BatchNorm2d(filters)
        for i, (inputs, outputs) in enumerate([(400, 120), (120, 84), (84, 10)]):
            self[f"fc{i}"] = nn.Linear(inputs, outputs)

    @property
    def classifier(self):
        return nn.Sequential(self["fc0"], nn.ReLU(), self["fc1"], nn.ReLU(), self["fc2"])

    def forward(self, x):
        for i in range(2):
            x = self[f"norm{i}"](self[f"conv{i}"](x)).relu()
            x = nn.functional.adaptive_max_pool2d(x, x.shape[-1] // 2)
        return self.classifier(x.flatten(1))


nll_criterion = nn.CrossEntropyLoss()


def make_sgd_l2(net):
    return torch.optim.SGD(net.named_parameters(), 0.001, 0.9, weight_decay=1e-6)


def make_cifar_run():
    net = Features()
    return net, lambda scores, labels: nll_criterion(scores, labels), torch.optim.SGD(net.parameters(), 1e-3, 0.9)
