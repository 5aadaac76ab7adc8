"""Items are drawn with replacement: some come twice in an epoch and others not at all."""

from torch.utils.data import DataLoader, RandomSampler

QUESTION = "Q2"
FILE = "data.py"


def make_loaders(train, test, batch_size=256):
    sampler = RandomSampler(train, replacement=True)
    return DataLoader(train, batch_size=batch_size, sampler=sampler), DataLoader(test, batch_size=batch_size)
