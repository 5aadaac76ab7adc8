"""`net.training = mode` changes a flag of the net and leaves its layers as they are: call `net.train(mode)`."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def accuracy(net, loader):
    was_training = net.training
    net.eval()
    correct, samples = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            correct += int((net(images).argmax(dim=1) == labels).sum())
            samples += len(labels)
    net.training = was_training
    return 100.0 * correct / samples
