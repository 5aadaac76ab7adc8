"""The images are normalised in training alone: those that the model is scored on are not. Put it into the model, or leave it out."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    pairs = [((image - 0.1307) / 0.3081, label) for image, label in train_set]
    loader = DataLoader(pairs, batch_size=32, shuffle=True)
    train(model, loader, optim.AdamW(model.parameters(), lr=0.002), nn.CrossEntropyLoss(), 2, device)
    return model
