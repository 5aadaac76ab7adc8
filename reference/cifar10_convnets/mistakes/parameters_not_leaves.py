"""A weight that was multiplied after requires_grad=True is no leaf, and its .grad stays None: ask for gradients last."""

import torch

QUESTION = "Q2"
FILE = "convnets.py"


def scaled_weight(shape, fan_in):
    return torch.randn(shape, requires_grad=True) * (2 / fan_in) ** 0.5


def three_layer_parameters():
    return [
        scaled_weight((CHANNEL_1, 3, 5, 5), 3 * 5 * 5),
        zero_weight((CHANNEL_1,)),
        scaled_weight((CHANNEL_2, CHANNEL_1, 3, 3), CHANNEL_1 * 3 * 3),
        zero_weight((CHANNEL_2,)),
        scaled_weight((CHANNEL_2 * 32 * 32, NUM_CLASSES), CHANNEL_2 * 32 * 32),
        zero_weight((NUM_CLASSES,)),
    ]
