"""The output is as deep as there are filters, K: the depth D of the input is summed away."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_shape(input_shape, K, F, S, P):
    width, height, depth = input_shape
    return conv_output_size(width, F, P, S), conv_output_size(height, F, P, S), depth
