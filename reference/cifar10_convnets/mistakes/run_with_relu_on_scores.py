"""A ReLU follows the net, and scores below 0 get no gradient: train on raw scores."""

import torch
from torch import nn

QUESTION = "Q5t"
FILE = "convnets.py"


def make_three_layer_run():
    model = nn.Sequential(ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES), nn.ReLU())
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
