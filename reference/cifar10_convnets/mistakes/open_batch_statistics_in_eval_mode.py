"""Without running statistics BatchNorm mixes a batch in eval mode: leave track_running_stats on."""

import torch
from torch import nn

QUESTION = "Q7"
FILE = "convnets.py"


def make_open_run():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2),
        nn.BatchNorm2d(8, track_running_stats=False),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 15 * 15, 10),
    )
    return model, torch.optim.Adam(model.parameters())
