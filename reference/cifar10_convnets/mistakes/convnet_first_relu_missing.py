"""The ReLU after the first convolution is missing."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "convnets.py"


def three_layer_convnet(x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = F.conv2d(x, conv_w1, conv_b1, padding=2)
    x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=1))
    return flatten(x) @ fc_w + fc_b
