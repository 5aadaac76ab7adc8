"""The optimizer holds the parameters of the net before this one: make a new optimizer for every model."""

import torch
from torch import nn

QUESTION = "Q6"
FILE = "convnets.py"


def make_nesterov_run():
    before, _ = make_three_layer_run()
    optimizer = torch.optim.SGD(before.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
    model = nn.Sequential(
        nn.Conv2d(3, CHANNEL_1, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(CHANNEL_1, CHANNEL_2, 3, padding=1),
        nn.ReLU(),
        Flatten(),
        nn.Linear(CHANNEL_2 * 32 * 32, NUM_CLASSES),
    )
    return model, optimizer
