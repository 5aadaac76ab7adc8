"""Each channel is scaled by a number of its own: a 1×1 convolution mixes all channels into each output channel."""

import numpy as np

QUESTION = "Q5"
FILE = "conv_by_hand.py"


def pointwise_conv(image, weights):
    return np.asarray(image, dtype=float) * weights[0][:, None, None]
