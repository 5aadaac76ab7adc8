from collections import OrderedDict
from typing import List, Optional, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import confusion, evaluating

print("torch", torch.__version__)


class _LeNet(nn.Module):
    def __init__(self, in_ch: int, bn: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, 6, (5, 5))
        self.norm_a = nn.BatchNorm2d(6) if bn else nn.Identity()
        self.c_two = nn.Conv2d(6, 16, (5, 5))
        self.norm_b = nn.BatchNorm2d(16) if bn else nn.Identity()
        self.dense = nn.ModuleDict(OrderedDict(
            first=nn.Linear(400, 120), second=nn.Linear(120, 84), third=nn.Linear(84, 10)))
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu_(self.norm_a(self.conv1(x))))
        x = self.pool(F.relu_(self.norm_b(self.c_two(x))))
        x = x.flatten(start_dim=1)
        x = F.relu_(self.dense["first"](x))
        x = F.relu_(self.dense["second"](x))
        return self.dense["third"](x)

    def num_flat_features(self, x: Tensor) -> int:
        return int(np.prod(x.shape[1:]))


class Net(_LeNet):
    def __init__(self) -> None:
        super().__init__(1, bn=False)


class CifarNet(_LeNet):
    def __init__(self) -> None:
        super().__init__(3, bn=False)


class BatchNormNet(_LeNet):
    def __init__(self) -> None:
        super().__init__(3, bn=True)


def training_step(net: nn.Module, input: Tensor, target: Tensor,
                  lr: float = 0.01) -> Tuple[float, Optional[Tensor], Tensor]:
    weights = list(net.parameters())
    loss = F.mse_loss(net(input), target)
    net.zero_grad(set_to_none=False)
    b = net.conv1.bias
    before = torch.zeros_like(b) if b.grad is None else b.grad.clone()
    loss.backward()
    after = b.grad.clone()
    with torch.no_grad():
        for w in weights:
            w.copy_(w - lr * w.grad)
    return float(loss), before, after


def train(net, loader, criterion, optimizer, epochs) -> List[float]:
    table = np.full((epochs, 2), 0.0)  # sum of losses, number of samples
    for e in range(epochs):
        for x, y in loader:
            loss = criterion(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            table[e] += loss.item() * len(x), len(x)
    return (table[:, 0] / table[:, 1]).tolist()


def accuracy(net, loader) -> float:
    hits = []
    with evaluating(net):
        for x, y in loader:
            hits.extend((net(x).argmax(-1) == y).tolist())
    return 100 * float(np.mean(hits))


def per_class_accuracy(net, loader, num_classes=10):
    M = confusion(net, loader, num_classes)
    with np.errstate(invalid="ignore"):
        return list(100 * np.diag(M) / M.sum(axis=1))


class DeepNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        ch = [3, 32, 32, 32, 32]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3) for a, b in zip(ch, ch[1:]))
        self.out = nn.Linear(800, 10)

    def forward(self, x: Tensor) -> Tensor:
        for i, conv in enumerate(self.convs):
            x = conv(x)
            if i % 2:  # after each pair
                x = F.max_pool2d(x.relu(), 2)
        return self.out(x.flatten(1))


def make_adam(net):
    return torch.optim.Adam([{"params": net.parameters()}], lr=1e-3, betas=(0.9, 0.999), eps=1e-8)


def augmented_dataset(root_dataset):
    plain = [((im - 0.5) / 0.5, lab) for im, lab in root_dataset]
    return plain + [(im[:, :, torch.arange(im.shape[2] - 1, -1, -1)], lab) for im, lab in plain]


def nll_criterion(outputs, labels):
    return F.cross_entropy(outputs, labels)


def make_sgd_l2(net):
    return torch.optim.SGD(params=net.parameters(), lr=0.001, momentum=0.9, weight_decay=0.000001)


def make_cifar_run():
    n = CifarNet()
    return n, nn.CrossEntropyLoss(), torch.optim.SGD(n.parameters(), lr=0.001, momentum=0.9)
