"""Dropout's p is the share that it drops, not the share that it keeps: with p=1 the linear layer sees zeros alone while it is trained."""

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
        nn.Dropout(p=1.0),
        nn.Linear(64 * 4 * 4, NUM_CLASSES),
    )
    return model, torch.optim.Adam(model.parameters(), lr=3e-3)
