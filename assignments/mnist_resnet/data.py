"""Q1 and Q2: a dataset of your own, and the loaders that cut it into batches."""

from collections.abc import Callable, Sequence
from typing import Any

from torch.utils.data import DataLoader, Dataset


class CustomDataset(Dataset):
    """(image, label) pairs as a dataset.

    pairs: anything with a length and an index whose items are (image, label): a list, or a torchvision dataset.
    transform: what is done to an image each time it is read; None leaves images as they are. Labels are never touched.

    `len(dataset)` is the number of pairs. `dataset[i]` is the tuple (image, label) of pair i, for any order of i.
    Raises IndexError for an i past the end.
    """

    def __init__(self, pairs: Sequence[tuple[Any, int]], transform: Callable[[Any], Any] | None = None) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, index: int) -> tuple[Any, int]:
        raise NotImplementedError


def make_loaders(train: Dataset, test: Dataset, batch_size: int = 256) -> tuple[DataLoader, DataLoader]:
    """Two loaders: (train_loader, test_loader).

    train, test: datasets of (image, label), images (1, 28, 28).
    batch_size: items a batch, for both loaders; the last batch of an epoch holds what is left over.

    Returns two DataLoaders that give every item of their dataset once an epoch, as images (N, 1, 28, 28) and labels (N,):
    the first in a new random order each epoch, the second in the same order each epoch.
    """
    raise NotImplementedError
