"""params.pop() empties the caller's list: the next training step has no parameters. Unpack the list instead."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "convnets.py"


def three_layer_convnet(x, params):
    x = F.relu(F.conv2d(x, params.pop(0), params.pop(0), padding=2))
    x = F.relu(F.conv2d(x, params.pop(0), params.pop(0), padding=1))
    return flatten(x) @ params.pop(0) + params.pop(0)
