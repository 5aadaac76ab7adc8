"""per_class_accuracy measures in the mode in which the net comes: call net.eval() first, for dropout and BatchNorm."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def per_class_accuracy(net, loader, num_classes=10):
    correct = torch.zeros(num_classes)
    samples = torch.zeros(num_classes)
    with torch.no_grad():
        for images, labels in loader:
            predictions = net(images).argmax(dim=1)
            samples += torch.bincount(labels, minlength=num_classes)
            correct += torch.bincount(labels[predictions == labels], minlength=num_classes)
    return (100.0 * correct / samples).tolist()
