import itertools

import torch
from torch import nn, optim


class Tracker:
    """Collects losses, iterations and accuracies."""

    def __init__(self, model, test_loader, every=50):
        self.model = model
        self.every = every
        # the test set is small: keep it as one batch
        images, labels = zip(*test_loader)
        self.images, self.labels = torch.cat(images), torch.cat(labels)
        self.records = []

    def accuracy(self):
        device = next(self.model.parameters()).device
        self.model.eval()
        with torch.inference_mode():
            scores = self.model(self.images.to(device)).cpu()
        self.model.train()
        right = torch.sum(scores.max(dim=1).indices == self.labels)
        return 100.0 * right.item() / len(self.labels)

    def after(self, iteration, loss):
        if iteration % self.every == 0:
            self.records.append((loss, iteration, self.accuracy()))

    def lists(self):
        return [list(column) for column in zip(*self.records)] if self.records else [[], [], []]


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    device = next(model.parameters()).device
    tracker = Tracker(model, test_loader)
    optimizer = optim.Adam(params=[{"params": list(model.parameters()), "lr": lr}])
    summed_loss = nn.CrossEntropyLoss(reduction="sum")
    counter = itertools.count(1)

    model.train()
    for _ in range(epochs):
        for batch in train_loader:
            images, labels = (part.to(device) for part in batch)
            optimizer.zero_grad()
            loss = summed_loss(model(images), labels) / labels.size(0)
            loss.backward()
            optimizer.step()
            tracker.after(next(counter), loss.detach().cpu().item())
    losses, iterations, accuracies = tracker.lists()
    return losses, iterations, accuracies


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return dict(
        dnn=train_and_track(dnn, train_loader, test_loader, epochs, lr),
        cnn=train_and_track(cnn, train_loader, test_loader, epochs, lr),
    )
