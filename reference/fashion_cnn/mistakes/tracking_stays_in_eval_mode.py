"""The model stays in eval mode after the first measurement: call train() before training goes on."""

import torch
from torch import nn

QUESTION = "Q8"
FILE = "training.py"


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, iterations, accuracies, count = [], [], [], 0
    model.train()
    for _ in range(epochs):
        for images, labels in train_loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1
            if count % 50 == 0:
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(_accuracy(model, test_loader, device))
    return losses, iterations, accuracies
