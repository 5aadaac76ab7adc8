"""Divide by the samples that have the label, not by those that are predicted as it (that is precision)."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def per_class_accuracy(net, loader, num_classes=10):
    net.eval()
    correct = torch.zeros(num_classes)
    predicted = torch.zeros(num_classes)
    with torch.no_grad():
        for images, labels in loader:
            predictions = net(images).argmax(dim=1)
            predicted += torch.bincount(predictions, minlength=num_classes)
            correct += torch.bincount(labels[predictions == labels], minlength=num_classes)
    return (100.0 * correct / predicted).tolist()
