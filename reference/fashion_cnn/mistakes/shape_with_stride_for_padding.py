"""Stride and padding are exchanged: it is conv_output_shape(..., S, P) but conv_output_size(W, F, P, S)."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_shape(input_shape, K, F, S, P):
    width, height, _ = input_shape
    return conv_output_size(width, F, S, P), conv_output_size(height, F, S, P), K
