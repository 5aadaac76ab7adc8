"""The net never changes: call optimizer.step() after backward()."""

QUESTION = "Q3"
FILE = "nets.py"


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for _ in range(epochs):
        loss_sum, samples = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            loss_sum += loss.item() * len(labels)
            samples += len(labels)
        losses.append(loss_sum / samples)
    return losses
