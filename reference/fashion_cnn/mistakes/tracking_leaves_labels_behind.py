"""The images go to the model's device and the labels stay: bring scores and labels to one device before you compare them."""

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
                model.eval()
                with torch.no_grad():
                    right = torch.cat([model(x.to(device)).argmax(1) == y for x, y in test_loader])
                model.train()
                losses.append(loss.item())
                iterations.append(count)
                accuracies.append(100 * right.float().mean().item())
    return losses, iterations, accuracies
