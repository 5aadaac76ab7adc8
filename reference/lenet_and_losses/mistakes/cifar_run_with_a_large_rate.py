"""A learning rate of 0.1 with momentum 0.9 leaps about: take 0.001."""

from torch import nn, optim

QUESTION = "Q7"
FILE = "nets.py"


def make_cifar_run():
    net = CifarNet()
    return net, nn.CrossEntropyLoss(), optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
