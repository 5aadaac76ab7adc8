"""`evaluate` compares answers on the device with labels that stayed on the CPU: bring both to one device."""

import torch

QUESTION = "Q4"
FILE = "training.py"


def evaluate(model, loader, device):
    model.to(device).eval()
    right = samples = 0
    with torch.no_grad():
        for inputs, labels in loader:
            right += (model(inputs.to(device)).argmax(dim=1) == labels).sum().item()
            samples += len(labels)
    return 100.0 * right / samples
