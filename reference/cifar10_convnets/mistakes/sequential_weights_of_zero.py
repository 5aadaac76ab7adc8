"""All weights start at zero, where no gradient tells one from another: torch's own initial values will do."""

import torch
from torch import nn

QUESTION = "Q6t"
FILE = "convnets.py"


def make_nesterov_run():
    model = nn.Sequential(
        nn.Conv2d(3, CHANNEL_1, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.Conv2d(CHANNEL_1, CHANNEL_2, kernel_size=3, padding=1),
        nn.ReLU(),
        Flatten(),
        nn.Linear(CHANNEL_2 * 32 * 32, NUM_CLASSES),
    )
    for param in model.parameters():
        nn.init.zeros_(param)
    return model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
