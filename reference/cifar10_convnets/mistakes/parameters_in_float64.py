"""The tensors hold float64 numbers, as numpy draws them, and images are float32: the two do not go into one convolution."""

import math

import numpy as np
import torch

QUESTION = "Q2"
FILE = "convnets.py"


def drawn_by_numpy(shape):
    fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
    return torch.from_numpy(np.random.randn(*shape) * np.sqrt(2 / fan_in)).requires_grad_()


def three_layer_parameters():
    return [
        drawn_by_numpy((CHANNEL_1, 3, 5, 5)),
        torch.zeros(CHANNEL_1, dtype=torch.float64, requires_grad=True),
        drawn_by_numpy((CHANNEL_2, CHANNEL_1, 3, 3)),
        torch.zeros(CHANNEL_2, dtype=torch.float64, requires_grad=True),
        drawn_by_numpy((CHANNEL_2 * 32 * 32, NUM_CLASSES)),
        torch.zeros(NUM_CLASSES, dtype=torch.float64, requires_grad=True),
    ]
