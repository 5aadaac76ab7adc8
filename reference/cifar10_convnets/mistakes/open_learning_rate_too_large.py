"""Adam's learning rate is 3, a thousand times too large: the weights leap about, and nothing is learned."""

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
    return model, torch.optim.Adam(model.parameters(), lr=3.0)
