"""You keep loss tensors, and with each the graph of its batch: loss.item() is the number."""

import torch
from torch import nn

QUESTION = "Q8"
FILE = "training.py"


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, iterations, accuracies, count = [], [], [], 0
    for _ in range(epochs):
        for images, labels in train_loader:
            model.train()
            loss = nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1
            if count % 50 == 0:
                losses.append(loss)
                iterations.append(count)
                accuracies.append(_accuracy(model, test_loader, device))
                model.train()
    return losses, iterations, accuracies
