"""Three channels are written into the code: an image may have one channel or five, kernels.shape tells."""

import numpy as np

QUESTION = "Q3"
FILE = "conv_by_hand.py"


def conv2d_rgb(image, kernels):
    image = np.asarray(image, dtype=float)
    count, channels, f, _ = kernels.shape
    out = np.zeros((count, image.shape[1] - f + 1, image.shape[2] - f + 1))
    for k, i, j in np.ndindex(*out.shape):
        for c in range(3):
            out[k, i, j] += np.sum(image[c % channels, i : i + f, j : j + f] * kernels[k, c % channels])
    return out
