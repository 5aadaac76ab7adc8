import torch
from torch.utils.data import DataLoader, Dataset


class CustomDataset(Dataset):
    def __init__(self, pairs, transform=None):
        super().__init__()
        self.data = pairs
        self.transform = transform
        self.length = len(pairs)

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if index >= self.length:
            raise IndexError(f"index {index} is out of range for a dataset of {self.length} items")
        img, label = self.data[index]
        return (self.transform(img) if self.transform else img), label


def make_loaders(train, test, batch_size=256):
    use_cuda = torch.cuda.is_available()
    kwargs = {"batch_size": batch_size, "num_workers": 0, "pin_memory": use_cuda, "drop_last": False}
    train_loader = DataLoader(train, shuffle=True, **kwargs)
    test_loader = DataLoader(test, shuffle=False, **kwargs)
    return train_loader, test_loader
