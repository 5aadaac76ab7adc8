"""accuracy measures in the mode in which the net comes: call net.eval() first, for dropout and BatchNorm."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def accuracy(net, loader):
    correct, samples = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (net(images).argmax(dim=1) == labels).sum().item()
            samples += len(labels)
    return 100.0 * correct / samples
