"""The fan-in of a convolution counts the filter's area, too: in channels * 5 * 5, not in channels alone."""

import torch

QUESTION = "Q2"
FILE = "convnets.py"


def weight_by_fan_in(shape, fan_in):
    return (torch.randn(shape) * (2 / fan_in) ** 0.5).requires_grad_()


def three_layer_parameters():
    return [
        weight_by_fan_in((CHANNEL_1, 3, 5, 5), 3),
        zero_weight((CHANNEL_1,)),
        weight_by_fan_in((CHANNEL_2, CHANNEL_1, 3, 3), CHANNEL_1),
        zero_weight((CHANNEL_2,)),
        weight_by_fan_in((CHANNEL_2 * 32 * 32, NUM_CLASSES), CHANNEL_2 * 32 * 32),
        zero_weight((NUM_CLASSES,)),
    ]
