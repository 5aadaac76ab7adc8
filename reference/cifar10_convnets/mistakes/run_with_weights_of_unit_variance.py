"""The weights are drawn anew with standard deviation 1, which makes the scores huge: keep Kaiming's sqrt(2 / fan-in)."""

import torch
from torch import nn

QUESTION = "Q5t"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    for param in model.parameters():
        nn.init.normal_(param)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
