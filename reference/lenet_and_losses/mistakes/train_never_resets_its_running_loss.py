"""The running loss goes on from epoch to epoch: start each epoch at 0."""

QUESTION = "Q3"
FILE = "nets.py"


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    loss_sum, samples = 0.0, 0
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            samples += len(labels)
        losses.append(loss_sum / samples)
    return losses
