"""The loss is the mean of the squared errors, not their sum."""

import torch

QUESTION = "Q2"
FILE = "nets.py"


def training_step(net, input, target, lr=0.01):
    net.zero_grad()
    loss = ((net(input) - target) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        for w in net.parameters():
            w -= lr * w.grad
    return loss.item(), None, net.conv1.bias.grad.clone()
