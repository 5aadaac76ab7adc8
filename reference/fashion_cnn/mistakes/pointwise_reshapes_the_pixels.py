"""reshape(-1, C) tears the channels apart: bring the channel axis last with a transpose, then reshape."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def pointwise_conv(image, weights):
    channels, height, width = image.shape
    pixels = np.asarray(image, dtype=float).reshape(-1, channels)
    return (pixels @ weights.T).T.reshape(len(weights), height, width)
