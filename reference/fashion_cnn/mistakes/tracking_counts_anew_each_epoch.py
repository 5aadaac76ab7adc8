"""The iterations start again at every epoch: count on, 50, 100, 150, ... over all epochs."""

import torch
from torch import nn

QUESTION = "Q8"
FILE = "training.py"


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses, iterations, accuracies = [], [], []
    for _ in range(epochs):
        for count, (images, labels) in enumerate(train_loader, start=1):
            model.train()
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if count % 50 == 0:
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(_accuracy(model, test_loader, device))
                model.train()
    return losses, iterations, accuracies
