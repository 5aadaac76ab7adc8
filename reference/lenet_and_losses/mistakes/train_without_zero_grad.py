"""The gradients of all batches pile up: call optimizer.zero_grad() for every batch."""

QUESTION = "Q3"
FILE = "nets.py"


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for _ in range(epochs):
        loss_sum, samples = 0.0, 0
        for images, labels in loader:
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            samples += len(labels)
        losses.append(loss_sum / samples)
    return losses
