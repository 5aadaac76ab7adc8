"""The submission that these tests ask, as text: functions, and networks."""

FUNCTIONS = """
import numpy as np
import torch

learning_rate = 0.25
words = {"one": 1, "two": [2, 2.0]}


def add(a, b=10, *, times=1):
    return (a + b) * times


def both(a, b):
    return a, b


def apply(function, x):
    return function(x)


class Box:
    def __init__(self, items):
        self.items = items
        self.label = "box"

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def first(self):
        return self.items[0]

    def itself(self):
        return self


class Dial(Box):
    def __iter__(self):
        yield from ("a", Box([1]))


def zero_first(x, *, where=None):
    x[0] = 0
    if where is not None:
        where["seen"] = True
    return x.sum()


def append(numbers):
    numbers.append(1)
    return numbers


def total(x, y=None):
    return x.sum()


def refuse(x):
    raise ValueError(f"no {x}")


def look_up(x):
    return {}[x]


def unanswered(x):
    raise NotImplementedError


def many_axes():
    return np.ones((1,) * 40)
"""

NETS = """
import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(2 * 4 * 4, 3)
        self.scale = nn.Parameter(torch.zeros(()))
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        h = torch.relu(self.norm(self.conv(x)))
        h = torch.relu(self.norm(h))
        return self.fc(self.drop(h).flatten(1)) * (1 + self.scale)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3, 3)
        self.two = self.one
        self.three = nn.Linear(3, 3)
        self.three.weight = self.one.weight
        self.fixed = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x):
        return self.three(self.two(torch.relu(self.one(x))))


class Cut(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x).detach()


class Claim:
    shape = ("wide", "high")
    requires_grad = is_leaf = True

    def numel(self):
        return "many"

    def detach(self):
        return self

    def clone(self):
        return "a tensor"


class Boaster(nn.Linear):
    def named_parameters(self, *args, **kwargs):
        return [("weight", Claim())]

    def state_dict(self, *args, **kwargs):
        return {"weight": Claim()}


class Adam(torch.optim.SGD):
    pass


class Own:
    def __init__(self):
        self.param_groups = [{"params": [torch.zeros(2, 3)], "lr": 0.5}]




def make_adam(net):
    return Adam(net.parameters(), lr=0.1)


def make_true_adam(net):
    return torch.optim.Adam([{"params": [net.fc.weight]}, {"params": [net.fc.bias], "lr": 0.5}], lr=0.25, betas=(0.8, 0.9))


def cubes(x, labels):
    return x**3 + labels.sum() + x.detach()


def number(x):
    return 3
"""
