"""`w = w - lr * w.grad` makes a new tensor and leaves the net as it was: change w in place."""

import torch.nn.functional as F

QUESTION = "Q2"
FILE = "nets.py"


def training_step(net, input, target, lr=0.01):
    net.zero_grad()
    loss = F.mse_loss(net(input), target)
    loss.backward()
    for w in net.parameters():
        w = w - lr * w.grad
    return loss.item(), None, net.conv1.bias.grad.clone()
