"""The number of samples is not len(loader) times the batch size: the last batch is smaller."""

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
            total += loss.item() * len(inputs)
        losses.append(total / (len(loader) * loader.batch_size))
    return losses
