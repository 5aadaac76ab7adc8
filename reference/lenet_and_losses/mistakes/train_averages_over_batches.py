"""The mean is over samples: weight each batch's loss by its size, because the last batch may be smaller."""

QUESTION = "Q3"
FILE = "nets.py"


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for _ in range(epochs):
        running_loss, batches = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            batches += 1
        losses.append(running_loss / batches)
    return losses
