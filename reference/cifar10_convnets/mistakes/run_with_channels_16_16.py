"""The net has 16 and 16 filters: CHANNEL_1 is 32 and CHANNEL_2 is 16."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, 16, 16, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
