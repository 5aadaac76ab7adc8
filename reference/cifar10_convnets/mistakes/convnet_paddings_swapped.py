"""The paddings are swapped: 2 belongs to the 5x5 convolution and 1 to the 3x3 one."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "convnets.py"


def three_layer_convnet(x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = F.relu(F.conv2d(x, conv_w1, conv_b1, padding=1))
    x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=2))
    return flatten(x) @ fc_w + fc_b
