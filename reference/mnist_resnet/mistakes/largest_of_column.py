"""argmax goes over the batch: the answer is the class with the largest score, dim=1."""

import torch

QUESTION = "Q4"
FILE = "training.py"


def evaluate(model, loader, device):
    model.to(device)
    model.eval()
    right = samples = 0
    with torch.no_grad():
        for inputs, labels in loader:
            inputs, labels = inputs.to(device), labels.to(device)
            answers = model(inputs).argmax(dim=0)[: len(labels)]
            right += sum(int(a == b) for a, b in zip(answers, labels, strict=False))
            samples += len(labels)
    return 100.0 * right / samples
