"""The optimizer climbs: with maximize=True, each step makes the loss larger."""

import torch
from torch import nn

QUESTION = "Q7t"
FILE = "convnets.py"


def make_open_run():
    model = nn.Sequential(
        *conv_bn_relu(3, 16),
        nn.MaxPool2d(2),
        *conv_bn_relu(16, 32),
        nn.MaxPool2d(2),
        *conv_bn_relu(32, 64),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, NUM_CLASSES),
    )
    return model, torch.optim.Adam(model.parameters(), lr=3e-3, maximize=True)
