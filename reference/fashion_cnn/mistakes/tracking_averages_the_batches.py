"""The batches' accuracies are averaged, so images of a small last batch count more: right / all, over the whole set."""

import torch
from torch import nn

QUESTION = "Q8"
FILE = "training.py"


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, iterations, accuracies, count = [], [], [], 0
    for _ in range(epochs):
        for images, labels in train_loader:
            model.train()
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1
            if count % 50 == 0:
                model.eval()
                with torch.no_grad():
                    shares = [(model(x).argmax(1) == y).float().mean().item() for x, y in test_loader]
                model.train()
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(100 * sum(shares) / len(shares))
    return losses, iterations, accuracies
