"""The rows and columns left over at the end got windows of their own: drop them."""

import numpy as np

QUESTION = "Q4"
FILE = "conv_by_hand.py"


def max_pool2d(image, size=2, stride=None):
    image = np.asarray(image, dtype=float)
    stride = stride or size
    rows, columns = range(0, image.shape[0], stride), range(0, image.shape[1], stride)
    return np.array([[image[i : i + size, j : j + size].max() for j in columns] for i in rows])
