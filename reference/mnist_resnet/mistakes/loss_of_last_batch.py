"""This is the loss of the epoch's last batch alone: the mean over all samples is asked for."""

QUESTION = "Q4"
FILE = "training.py"


def train(model, loader, optimizer, criterion, epochs, device):
    model.to(device)
    losses = []
    for _ in range(epochs):
        model.train()
        for inputs, targets in loader:
            inputs, targets = inputs.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return losses
