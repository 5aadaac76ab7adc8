"""The + 1 is missing: a window as large as the input has one place, not none."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def pool_output_size(W, F, S):
    if S < 1 or W < F:
        raise ValueError("no place for the window")
    return (W - F) // S
