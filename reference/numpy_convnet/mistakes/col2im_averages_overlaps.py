"""col2im sums what falls on a pixel: divided by the number of patches it is no longer the gradient of im2col."""

import numpy as np

QUESTION = "Q1"
FILE = "layers.py"


sum_of_patches = col2im


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    counts = sum_of_patches(np.ones_like(col), input_shape, filter_h, filter_w, stride, pad)
    return sum_of_patches(col, input_shape, filter_h, filter_w, stride, pad) / np.maximum(counts, 1)
