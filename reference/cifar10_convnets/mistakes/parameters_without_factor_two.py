"""The standard deviation is sqrt(1 / fan-in): a ReLU halves the variance, hence the 2 in sqrt(2 / fan-in)."""

import torch

QUESTION = "Q2"
FILE = "convnets.py"


def weight_by_fan_in(shape, fan_in):
    return (torch.randn(shape) / fan_in**0.5).requires_grad_()


def three_layer_parameters():
    return [
        weight_by_fan_in((CHANNEL_1, 3, 5, 5), 3 * 5 * 5),
        zero_weight((CHANNEL_1,)),
        weight_by_fan_in((CHANNEL_2, CHANNEL_1, 3, 3), CHANNEL_1 * 3 * 3),
        zero_weight((CHANNEL_2,)),
        weight_by_fan_in((CHANNEL_2 * 32 * 32, NUM_CLASSES), CHANNEL_2 * 32 * 32),
        zero_weight((NUM_CLASSES,)),
    ]
