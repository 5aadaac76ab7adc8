"""reshape alone does not move numbers: bring the axes into the order (N, OH, OW, C, FH, FW) by transpose before you reshape."""

import numpy as np

QUESTION = "Q1"
FILE = "layers.py"


def im2col(x, filter_h, filter_w, stride=1, pad=0):
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, c, h, w = padded.shape
    out_h, out_w = 1 + (h - filter_h) // stride, 1 + (w - filter_w) // stride
    col = np.zeros((n, c, filter_h, filter_w, out_h, out_w))
    for row in range(filter_h):
        for column in range(filter_w):
            end_h, end_w = row + stride * out_h, column + stride * out_w
            col[:, :, row, column] = padded[:, :, row:end_h:stride, column:end_w:stride]
    return col.reshape(n * out_h * out_w, -1)
