"""The biases are missing: six tensors, each weight followed by its bias."""

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        random_weight((CHANNEL_1, 3, 5, 5)),
        random_weight((CHANNEL_2, CHANNEL_1, 3, 3)),
        random_weight((CHANNEL_2 * 32 * 32, NUM_CLASSES)),
    ]
