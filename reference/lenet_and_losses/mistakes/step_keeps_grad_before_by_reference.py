"""grad_before is the tensor that backward adds to, so it shows the gradient after: note a clone."""

import torch
import torch.nn.functional as F

QUESTION = "Q2"
FILE = "nets.py"


def training_step(net, input, target, lr=0.01):
    loss = F.mse_loss(net(input), target)
    net.zero_grad(set_to_none=False)
    grad_before = net.conv1.bias.grad
    loss.backward()
    with torch.no_grad():
        for w in net.parameters():
            w -= lr * w.grad
    return loss.item(), grad_before, net.conv1.bias.grad
