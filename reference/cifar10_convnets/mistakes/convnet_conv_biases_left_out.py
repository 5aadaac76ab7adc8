"""The biases of the two convolutions are left out."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "convnets.py"


def three_layer_convnet(x, params):
    conv_w1, _, conv_w2, _, fc_w, fc_b = params
    x = F.relu(F.conv2d(x, conv_w1, padding=2))
    x = F.relu(F.conv2d(x, conv_w2, padding=1))
    return flatten(x) @ fc_w + fc_b
