"""The training loader comes first, the test loader second."""

from torch.utils.data import DataLoader

QUESTION = "Q2"
FILE = "data.py"


def make_loaders(train, test, batch_size=256):
    return DataLoader(test, batch_size=batch_size), DataLoader(train, batch_size=batch_size, shuffle=True)
