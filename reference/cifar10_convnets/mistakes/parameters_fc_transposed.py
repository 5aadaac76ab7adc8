"""fc_w is (inputs, outputs) = (16384, 10) here, the other way round than in nn.Linear."""

QUESTION = "Q2"
FILE = "convnets.py"


def three_layer_parameters():
    return [
        random_weight((CHANNEL_1, 3, 5, 5)),
        zero_weight((CHANNEL_1,)),
        random_weight((CHANNEL_2, CHANNEL_1, 3, 3)),
        zero_weight((CHANNEL_2,)),
        random_weight((NUM_CLASSES, CHANNEL_2 * 32 * 32)),
        zero_weight((NUM_CLASSES,)),
    ]
