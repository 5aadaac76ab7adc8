"""The batch size is always 256, whatever batch_size says."""

from torch.utils.data import DataLoader

QUESTION = "Q2"
FILE = "data.py"


def make_loaders(train, test, batch_size=256):
    return DataLoader(train, batch_size=256, shuffle=True), DataLoader(test, batch_size=256)
