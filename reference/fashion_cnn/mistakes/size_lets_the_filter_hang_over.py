"""A filter longer than the padded input has no place at all: raise ValueError."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_size(W, F, P, S):
    if S < 1:
        raise ValueError("the stride must be at least 1")
    return (W - F + 2 * P) // S + 1
