"""A graph is made for the test images: measure under torch.no_grad(), it saves memory and time."""

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
                right = torch.cat([model(x).argmax(1) == y for x, y in test_loader])
                model.train()
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(100 * right.float().mean().item())
    return losses, iterations, accuracies
