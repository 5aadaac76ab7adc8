"""A dataset that is a dataclass, and loaders with samplers of their own."""

from dataclasses import dataclass
from typing import Any

from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler


@dataclass(frozen=True)
class CustomDataset(Dataset):
    pairs: Any
    transform: Any = None

    def __len__(self):
        return self.pairs.__len__()

    def __getitem__(self, index):
        if index >= len(self):
            raise IndexError(index)
        match self.pairs[index]:
            case (image, label):
                return (image if self.transform is None else self.transform(image), label)


def make_loaders(train, test, batch_size=256):
    samplers = RandomSampler(train), SequentialSampler(test)
    return tuple(
        DataLoader(data, batch_sampler=BatchSampler(sampler, batch_size, drop_last=False))
        for data, sampler in zip((train, test), samplers)
    )
