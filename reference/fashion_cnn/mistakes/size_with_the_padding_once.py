"""The padding is counted once: zeros are added on both sides, so it is 2P."""

QUESTION = "Q2"
FILE = "conv_by_hand.py"


def conv_output_size(W, F, P, S):
    if S < 1 or F > W + 2 * P:
        raise ValueError("no place for the filter")
    return (W - F + P) // S + 1
