"""The gradients are never cleared, so that every step uses the sum of all batches so far: optimizer.zero_grad()."""

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
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
            samples += len(inputs)
        losses.append(total / samples)
    return losses
