"""pool_output_size has to refuse, with ValueError, a window longer than the input and a stride below 1."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def pool_output_size(W, F, S):
    return (W - F) // S + 1
