"""The model trains in eval mode: BatchNorm then works with the statistics of a network that has seen nothing. Call `model.train()`."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    model.to(device).eval()
    optimizer = optim.AdamW(model.parameters(), lr=0.002)
    for _ in range(2):
        for images, labels in DataLoader(train_set, batch_size=32, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images.to(device)), labels.to(device)).backward()
            optimizer.step()
    return model
