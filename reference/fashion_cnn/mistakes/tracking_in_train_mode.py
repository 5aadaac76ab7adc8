"""eval() is never called: dropout and BatchNorm go on as in training while the accuracy is measured."""

import torch
from torch import nn

QUESTION = "Q8"
FILE = "training.py"


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
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
                with torch.no_grad():
                    right = [(model(x).argmax(1) == y).float() for x, y in test_loader]
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(100 * torch.cat(right).mean().item())
    return losses, iterations, accuracies
