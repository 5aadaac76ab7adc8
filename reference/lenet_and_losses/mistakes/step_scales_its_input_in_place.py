"""The input is changed in place: a caller's batch has to stay as it was."""

QUESTION = "Q2"
FILE = "nets.py"


_given_training_step = training_step


def training_step(net, input, target, lr=0.01):
    input.sub_(input.mean()).div_(input.std())
    return _given_training_step(net, input, target, lr)
