"""Cut the padding off before you return: col2im gives back input_shape, the shape without padding."""

import numpy as np

QUESTION = "Q1"
FILE = "layers.py"


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    n, c, h, w = input_shape
    out_h, out_w = 1 + (h + 2 * pad - filter_h) // stride, 1 + (w + 2 * pad - filter_w) // stride
    patches = col.reshape(n, out_h, out_w, c, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for row in range(filter_h):
        for column in range(filter_w):
            end_h, end_w = row + stride * out_h, column + stride * out_w
            padded[:, :, row:end_h:stride, column:end_w:stride] += patches[:, :, row, column]
    return padded
