"""accuracy leaves the net in eval mode: note net.training first and restore it."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def accuracy(net, loader):
    net.eval()
    correct, samples = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (net(images).argmax(dim=1) == labels).sum().item()
            samples += len(labels)
    return 100.0 * correct / samples
