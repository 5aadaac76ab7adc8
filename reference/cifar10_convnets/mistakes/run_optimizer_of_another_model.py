"""The optimizer holds another net's parameters, so this one is never trained: build one net and hand on its parameters."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    other = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    optimizer = torch.optim.SGD(other.parameters(), lr=3e-3)
    return ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES), optimizer
