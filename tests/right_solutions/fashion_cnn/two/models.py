from collections import OrderedDict

from torch import nn


class FashionDNN(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Flatten(),
            nn.Linear(28 * 28, 256),
            nn.ReLU(inplace=True),
            nn.Dropout(0.25, inplace=True),
            nn.Linear(256, 128),
            nn.ReLU(inplace=True),
            nn.Linear(128, 10),
        )


def conv_block(in_channels, out_channels, padding):
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(in_channels, out_channels, (3, 3), padding=padding),
            norm=nn.BatchNorm2d(out_channels),
            pool=nn.MaxPool2d((2, 2)),  # 최댓값과 ReLU 는 순서를 바꿔도 같다
            relu=nn.ReLU(),
        )
    )


class FashionCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = conv_block(1, 32, padding="same")
        self.block2 = conv_block(32, 64, padding="valid")
        self.fc1 = nn.Linear(2304, 600)
        self.fc2 = nn.Linear(600, 120)
        self.fc3 = nn.Linear(120, 10)
        # 위의 층을 순서대로 이은 것
        self.net = nn.Sequential(
            self.block1, self.block2, nn.Flatten(), self.fc1, nn.Dropout(p=0.25), self.fc2, self.fc3
        )

    def forward(self, x):
        return self.net(x)
