"""A copy is trained, and the model that comes back is the one that came in, as it was."""

import copy

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    net = copy.deepcopy(model)
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    train(net, loader, optim.AdamW(net.parameters(), lr=0.002), nn.CrossEntropyLoss(), 1, device)
    return model
