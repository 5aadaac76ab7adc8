"""A class without samples divides by zero: its accuracy is nan."""

import torch

QUESTION = "Q3"
FILE = "nets.py"


def per_class_accuracy(net, loader, num_classes=10):
    net.eval()
    correct = [0] * num_classes
    samples = [0] * num_classes
    with torch.no_grad():
        for images, labels in loader:
            for label, prediction in zip(labels.tolist(), net(images).argmax(dim=1).tolist(), strict=True):
                samples[label] += 1
                correct[label] += label == prediction
    return [100.0 * c / n for c, n in zip(correct, samples, strict=True)]
