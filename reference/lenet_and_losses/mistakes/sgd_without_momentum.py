"""The momentum is missing: momentum=0.9."""

from torch import optim

QUESTION = "Q4f"
FILE = "nets.py"


def make_sgd_l2(net):
    return optim.SGD(net.parameters(), lr=0.001, weight_decay=1e-6)
