"""The scores have the shape (N, 10, 1, 1): flatten them to (N, 10)."""

import torch
from torch import nn

QUESTION = "Q7"
FILE = "convnets.py"


def make_open_run():
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 10, 3), nn.AdaptiveAvgPool2d(1))
    return model, torch.optim.Adam(model.parameters())
