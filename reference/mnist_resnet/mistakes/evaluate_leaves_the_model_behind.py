"""`evaluate` moves the batches and not the model: model.to(device) first, since it may come from another device."""

import torch

QUESTION = "Q4"
FILE = "training.py"


def evaluate(model, loader, device):
    model.eval()
    right = samples = 0
    with torch.no_grad():
        for inputs, labels in loader:
            right += (model(inputs.to(device)).argmax(dim=1) == labels.to(device)).sum().item()
            samples += len(labels)
    return 100.0 * right / samples
