"""Eight sigmoids, one behind the other, let hardly any gradient through to the first layers: use ReLU, or BatchNorm between them."""

import torch
from torch import nn

QUESTION = "Q7t"
FILE = "convnets.py"


def make_open_run():
    layers = [nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.Sigmoid()]
    for _ in range(7):
        layers += [nn.Conv2d(16, 16, 3, padding=1), nn.Sigmoid()]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 16 * 16, NUM_CLASSES))
    return model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
