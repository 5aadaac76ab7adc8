"""The loss is always the cross-entropy: use the criterion that comes in."""

from torch.nn import functional as F

QUESTION = "Q4"
FILE = "training.py"


def train(model, loader, optimizer, criterion, epochs, device):
    model.to(device)
    losses = []
    for _ in range(epochs):
        model.train()
        total, samples = 0.0, 0
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
            samples += len(inputs)
        losses.append(total / samples)
    return losses
