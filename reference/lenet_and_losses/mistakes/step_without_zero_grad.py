"""The gradients are never cleared: backward adds to what the step before left."""

import torch
import torch.nn.functional as F

QUESTION = "Q2"
FILE = "nets.py"


def training_step(net, input, target, lr=0.01):
    bias = net.conv1.bias
    grad_before = None if bias.grad is None else bias.grad.clone()
    loss = F.mse_loss(net(input), target)
    loss.backward()
    with torch.no_grad():
        for w in net.parameters():
            w -= lr * w.grad
    return loss.item(), grad_before, bias.grad.clone()
