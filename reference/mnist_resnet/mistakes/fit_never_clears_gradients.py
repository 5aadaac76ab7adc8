"""The gradients are never cleared: each step is made with the sum of all gradients so far. Call `optimizer.zero_grad()`."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    model.to(device).train()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
        nn.functional.cross_entropy(model(images.to(device)), labels.to(device)).backward()
        optimizer.step()
    return model
