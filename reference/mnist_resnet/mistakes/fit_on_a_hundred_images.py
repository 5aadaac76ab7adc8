"""Only the first 100 images are trained on, from trying things out: the loader has to have all of `train_set`."""

from torch import nn, optim
from torch.utils.data import DataLoader, Subset

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    loader = DataLoader(Subset(train_set, range(100)), batch_size=32, shuffle=True)
    train(model, loader, optim.AdamW(model.parameters(), lr=0.002), nn.CrossEntropyLoss(), 5, device)
    return model
