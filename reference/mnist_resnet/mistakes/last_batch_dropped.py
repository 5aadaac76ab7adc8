"""drop_last throws the last, smaller batch away: every item has to come once an epoch."""

from torch.utils.data import DataLoader

QUESTION = "Q2"
FILE = "data.py"


def make_loaders(train, test, batch_size=256):
    train_loader = DataLoader(train, batch_size=batch_size, shuffle=True, drop_last=True)
    return train_loader, DataLoader(test, batch_size=batch_size, drop_last=True)
