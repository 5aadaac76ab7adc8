"""`fit_mnist` returns the losses of the epochs: it returns the model."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    return train(model, loader, optim.AdamW(model.parameters(), lr=0.002), nn.CrossEntropyLoss(), 1, device)
