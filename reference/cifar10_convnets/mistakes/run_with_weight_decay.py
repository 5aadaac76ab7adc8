"""Weight decay is on: this run is plain SGD."""

import torch

QUESTION = "Q5"
FILE = "convnets.py"


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3, weight_decay=1e-4)
