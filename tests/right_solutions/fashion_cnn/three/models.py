"""The two networks, with the sizes worked out by the code."""

import torch
from torch import nn


class MyDropout(nn.Module):
    """What nn.Dropout does."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        keep = torch.rand_like(x) >= self.p
        return x * keep / (1 - self.p)


class FashionDNN(nn.Module):
    def __init__(self, sizes=(784, 256, 128, 10)):
        super().__init__()
        self.layers = nn.ModuleList()
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            self.layers.append(nn.Linear(n_in, n_out))
        self.dropout = MyDropout(0.25)

    def forward(self, images):
        x = torch.flatten(images, start_dim=1)
        x = self.dropout(self.layers[0](x)).relu()  # scaling and zeroing commute with ReLU
        x = self.layers[1](x).relu()
        return self.layers[2](x)


class FashionCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleDict({"a": nn.Conv2d(1, 32, 3, 1, 1), "b": nn.Conv2d(32, 64, 3)})
        self.norms = nn.ModuleDict({"a": nn.BatchNorm2d(32), "b": nn.BatchNorm2d(64)})
        with torch.no_grad():
            n_features = self.features(torch.zeros(2, 1, 28, 28)).shape[1]
        self.head = nn.Sequential(nn.Linear(n_features, 600), nn.Dropout(1 / 4), nn.Linear(600, 120), nn.Linear(120, 10))

    def features(self, x):
        for name in "ab":
            x = self.norms[name](self.convs[name](x))
            x = torch.clamp(x, min=0)
            x = nn.functional.max_pool2d(x, kernel_size=2)
        return x.reshape(len(x), -1)

    def forward(self, images):
        return self.head(self.features(images))
