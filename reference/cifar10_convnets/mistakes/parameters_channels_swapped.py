"""The first convolution has 32 filters and the second 16, not the other way round."""

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        random_weight((16, 3, 5, 5)),
        zero_weight((16,)),
        random_weight((32, 16, 3, 3)),
        zero_weight((32,)),
        random_weight((32 * 32 * 32, NUM_CLASSES)),
        zero_weight((NUM_CLASSES,)),
    ]
