"""The size is rounded up where the stride does not come out even: round down, a window has to fit as a whole."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_size(W, F, P, S):
    if S < 1 or F > W + 2 * P:
        raise ValueError("no place for the filter")
    return -((F - W - 2 * P) // S) + 1
