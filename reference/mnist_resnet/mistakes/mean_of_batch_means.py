"""The mean of the batches' means gives the small last batch too much weight: weigh each by its number of samples."""

QUESTION = "Q4"
FILE = "training.py"


def train(model, loader, optimizer, criterion, epochs, device):
    model.to(device)
    losses = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(loader))
    return losses
