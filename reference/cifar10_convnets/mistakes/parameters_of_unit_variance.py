"""The weights have standard deviation 1: Kaiming's is sqrt(2 / fan-in), which random_weight gives."""

import torch

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        torch.randn((CHANNEL_1, 3, 5, 5), requires_grad=True),
        zero_weight((CHANNEL_1,)),
        torch.randn((CHANNEL_2, CHANNEL_1, 3, 3), requires_grad=True),
        zero_weight((CHANNEL_2,)),
        torch.randn((CHANNEL_2 * 32 * 32, NUM_CLASSES), requires_grad=True),
        zero_weight((NUM_CLASSES,)),
    ]
