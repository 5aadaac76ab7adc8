"""Biases start at zero: zero_weight, not random_weight."""

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        random_weight((CHANNEL_1, 3, 5, 5)),
        random_weight((CHANNEL_1,)),
        random_weight((CHANNEL_2, CHANNEL_1, 3, 3)),
        random_weight((CHANNEL_2,)),
        random_weight((CHANNEL_2 * 32 * 32, NUM_CLASSES)),
        random_weight((NUM_CLASSES,)),
    ]
