"""eps is 1e-3 here: leave it at torch's own 1e-8."""

from torch import optim

QUESTION = "Q4b"
FILE = "nets.py"


def make_adam(net):
    return optim.Adam(net.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-3)
