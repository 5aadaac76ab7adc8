"""The pooled size is rounded up: what is left over at the end is dropped, so round down."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def pool_output_size(W, F, S):
    if S < 1 or W < F:
        raise ValueError("no place for the window")
    return -((F - W) // S) + 1
