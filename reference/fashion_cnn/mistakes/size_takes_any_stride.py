"""A stride below 1 makes no sense: raise ValueError, also for negative ones."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_size(W, F, P, S):
    if W + 2 * P < F:
        raise ValueError("no place for the filter")
    return (W - F + 2 * P) // S + 1
