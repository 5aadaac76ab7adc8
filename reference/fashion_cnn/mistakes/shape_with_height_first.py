"""Width and height are exchanged: this function takes and gives (W, H, depth)."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_shape(input_shape, K, F, S, P):
    width, height, _ = input_shape
    return conv_output_size(height, F, P, S), conv_output_size(width, F, P, S), K
