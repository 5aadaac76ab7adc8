"""The optimizer climbs: with maximize=True, each step makes the loss larger."""

import torch

QUESTION = "Q5t"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3, maximize=True)
