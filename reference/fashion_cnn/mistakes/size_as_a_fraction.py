"""The size is a float: divide with // to get a whole number of places."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_size(W, F, P, S):
    if S < 1 or F > W + 2 * P:
        raise ValueError("no place for the filter")
    return (W - F + 2 * P) / S + 1
