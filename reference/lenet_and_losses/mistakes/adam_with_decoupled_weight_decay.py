"""AdamW decays the weights too: the question asks for Adam."""

from torch import optim

QUESTION = "Q4b"
FILE = "nets.py"


def make_adam(net):
    return optim.AdamW(net.parameters(), lr=0.001)
