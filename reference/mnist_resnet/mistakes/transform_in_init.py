"""The transform runs once, when the dataset is made: a random one then gives the same image in every epoch."""

from torch.utils.data import Dataset

QUESTION = "Q1"
FILE = "data.py"


class CustomDataset(Dataset):
    def __init__(self, pairs, transform=None):
        transform = transform or (lambda image: image)
        self.pairs = [(transform(image), label) for image, label in pairs]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]
