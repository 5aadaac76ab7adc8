"""The paddings are swapped: 2 belongs to the 5x5 convolution and 1 to the 3x3 one."""

import torch
from torch import nn

QUESTION = "Q6"
FILE = "convnets.py"


def make_nesterov_run():
    model = nn.Sequential(
        nn.Conv2d(3, CHANNEL_1, 5, padding=1),
        nn.ReLU(),
        nn.Conv2d(CHANNEL_1, CHANNEL_2, 3, padding=2),
        nn.ReLU(),
        Flatten(),
        nn.Linear(CHANNEL_2 * 32 * 32, NUM_CLASSES),
    )
    return model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
