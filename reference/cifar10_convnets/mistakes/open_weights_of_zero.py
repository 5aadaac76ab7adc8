"""All weights start at zero, where no gradient tells one from another: they have to start from random numbers."""

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
    for param in model.parameters():
        nn.init.zeros_(param)
    return model, torch.optim.Adam(model.parameters(), lr=3e-3)
