"""__getitem__ has to give the item at `index`: this one gives the next in line, whatever it is asked for."""

from torch.utils.data import Dataset

QUESTION = "Q1"
FILE = "data.py"


class CustomDataset(Dataset):
    def __init__(self, pairs, transform=None):
        self.pairs = pairs
        self.transform = transform
        self.next = 0

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        if index >= len(self.pairs):
            raise IndexError(index)
        image, label = self.pairs[self.next % len(self.pairs)]
        self.next += 1
        if self.transform is not None:
            image = self.transform(image)
        return image, label
