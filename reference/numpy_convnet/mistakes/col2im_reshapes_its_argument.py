"""Assigning to col.shape reshapes the caller's array too: use col.reshape, which leaves it alone."""

QUESTION = "Q1"
FILE = "layers.py"


correct_col2im = col2im


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    n, c, h, w = input_shape
    out_h, out_w = 1 + (h + 2 * pad - filter_h) // stride, 1 + (w + 2 * pad - filter_w) // stride
    col.shape = (n, out_h, out_w, c, filter_h, filter_w)
    return correct_col2im(col.reshape(n * out_h * out_w, -1), input_shape, filter_h, filter_w, stride, pad)
