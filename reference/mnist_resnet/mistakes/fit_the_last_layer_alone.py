"""The optimizer holds the last layer's weights only: it takes `model.parameters()`."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    loader = DataLoader(train_set, batch_size=32, shuffle=True)
    train(model, loader, optim.AdamW(model.fc.parameters(), lr=0.002), nn.CrossEntropyLoss(), 2, device)
    return model
