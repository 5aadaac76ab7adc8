"""The mean of the batches' accuracies gives a small last batch too much weight: count samples."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def accuracy(net, loader):
    was_training = net.training
    net.eval()
    rates = []
    with torch.no_grad():
        for images, labels in loader:
            rates.append((net(images).argmax(dim=1) == labels).float().mean().item())
    net.train(was_training)
    return 100.0 * sum(rates) / len(rates)
