# 과제 Q1, Q2
import torch
from torch.utils.data import DataLoader, Dataset


class CustomDataset(Dataset):
    """(이미지, 라벨) 쌍으로 만든 데이터셋"""

    def __init__(self, pairs, transform=None):
        self.pairs, self.transform = pairs, transform

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.item()
        sample = self.pairs[idx]
        image, label = sample[0], sample[1]
        if self.transform:  # 읽을 때마다 변환
            image = self.transform(image)
        return (image, label)


def make_loaders(train, test, batch_size=256):
    # 학습 순서를 재현할 수 있게 난수 생성기를 고정 (에폭마다 순서는 달라진다)
    g = torch.Generator()
    g.manual_seed(42)
    train_loader = DataLoader(train, batch_size, True, generator=g, num_workers=2, persistent_workers=True)
    test_loader = DataLoader(test, batch_size, num_workers=2)
    print("train 배치 수:", len(train_loader), "test 배치 수:", len(test_loader))
    return train_loader, test_loader
