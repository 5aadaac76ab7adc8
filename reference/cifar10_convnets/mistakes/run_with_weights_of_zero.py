"""All weights start at zero, where no gradient tells one from another: they have to start from random numbers."""

import torch
from torch import nn

QUESTION = "Q5t"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    for param in model.parameters():
        nn.init.zeros_(param)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
