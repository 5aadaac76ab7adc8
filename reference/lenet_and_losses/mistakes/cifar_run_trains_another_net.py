"""The optimizer holds the parameters of another network: give it those of the one that you return."""

from torch import nn, optim

QUESTION = "Q7"
FILE = "nets.py"


def make_cifar_run():
    net = CifarNet()
    return net, nn.CrossEntropyLoss(), optim.SGD(CifarNet().parameters(), lr=0.001, momentum=0.9)
