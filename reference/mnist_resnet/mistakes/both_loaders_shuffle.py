"""The test loader shuffles, too: leave its order alone, so that results can be compared item by item."""

from torch.utils.data import DataLoader

QUESTION = "Q2"
FILE = "data.py"


def make_loaders(train, test, batch_size=256):
    return DataLoader(train, batch_size=batch_size, shuffle=True), DataLoader(test, batch_size=batch_size, shuffle=True)
