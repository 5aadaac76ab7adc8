"""The net has 100 outputs: CIFAR-10 has 10 classes."""

import torch
from torch import nn

QUESTION = "Q7"
FILE = "convnets.py"


def make_open_run():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 15 * 15, 100))
    return model, torch.optim.Adam(model.parameters())
