"""`sliding_window_view` cuts the windows for you: cut them yourself, with two loops and a slice."""

import numpy as np

QUESTION = "Q1"
FILE = "conv_by_hand.py"


def conv2d(image, kernel, stride=1, padding=0):
    padded = np.pad(np.asarray(image, dtype=float), padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)[::stride, ::stride]
    return np.einsum("ijuv,uv->ij", windows, kernel)
