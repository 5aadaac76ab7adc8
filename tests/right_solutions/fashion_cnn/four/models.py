"""Lazy layers, a scripted network, and layers of my own."""

import torch
from torch import nn


class ReluLinear(nn.Linear):
    """A linear layer with its ReLU."""

    def forward(self, x):
        return super().forward(x).relu()


class FashionDNN(nn.ModuleDict):
    def __init__(self):
        super().__init__(dict(first=ReluLinear(784, 256), second=ReluLinear(256, 128), scores=nn.Linear(128, 10)))
        self.drop = nn.Dropout(p=0.25)

    def __call__(self, images):
        x = self["first"](images.reshape(len(images), -1))
        return self["scores"](self["second"](self.drop(x)))


class Clothes(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        for filters, padding in ((32, 1), (64, 0)):
            self.features.extend([nn.LazyConv2d(filters, 3, padding=padding), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2)])
        self.head = nn.Sequential(nn.Flatten(), nn.LazyLinear(600), nn.Dropout(0.25), nn.LazyLinear(120), nn.LazyLinear(10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


def FashionCNN():
    net = Clothes().eval()
    net(torch.zeros(1, 1, 28, 28))
    return torch.jit.script(net.train())
