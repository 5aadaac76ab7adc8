"""evaluate never calls model.eval(): BatchNorm's running statistics move, and dropout drops."""

import torch

QUESTION = "Q4"
FILE = "training.py"


def evaluate(model, loader, device):
    model.to(device)
    right = samples = 0
    with torch.no_grad():
        for inputs, labels in loader:
            inputs, labels = inputs.to(device), labels.to(device)
            answers = model(inputs).argmax(dim=1)
            right += (answers == labels).sum().item()
            samples += len(labels)
    return 100.0 * right / samples
