"""You add loss tensors up, and with each the graph of its batch stays in memory: add loss.item()."""

QUESTION = "Q3"
FILE = "nets.py"


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            total += loss * len(labels)
            samples += len(labels)
        losses.append(total / samples)
    return losses
