"""The biases do not require a gradient: torch.zeros alone leaves requires_grad False, so they are never trained."""

import torch

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        random_weight((CHANNEL_1, 3, 5, 5)),
        torch.zeros(CHANNEL_1),
        random_weight((CHANNEL_2, CHANNEL_1, 3, 3)),
        torch.zeros(CHANNEL_2),
        random_weight((CHANNEL_2 * 32 * 32, NUM_CLASSES)),
        torch.zeros(NUM_CLASSES),
    ]
