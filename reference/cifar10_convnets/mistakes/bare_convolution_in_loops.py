"""The convolution goes through the pixels in Python, which takes thousands of small steps an image: F.conv2d does it in one."""

import torch
import torch.nn.functional as F

QUESTION = "Q2t"
FILE = "convnets.py"


def conv_in_loops(x, weight, bias, padding):
    size = weight.shape[-1]
    x = F.pad(x, (padding, padding, padding, padding))
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    pixels = []
    for i in range(rows):
        for j in range(columns):
            pixels.append(x[:, :, i : i + size, j : j + size].flatten(1) @ weight.flatten(1).T + bias)
    return torch.stack(pixels, dim=2).view(len(x), len(weight), rows, columns)


def three_layer_convnet(x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = F.relu(conv_in_loops(x, conv_w1, conv_b1, 2))
    x = F.relu(conv_in_loops(x, conv_w2, conv_b2, 1))
    return x.flatten(1) @ fc_w + fc_b
