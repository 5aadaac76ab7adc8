"""One convolution serves as second, third and fourth, so the three share their weights: make four of them."""

import torch
import torch.nn.functional as F
from torch import nn

QUESTION = "Q4a"
FILE = "nets.py"


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3)
        self.conv2 = nn.Conv2d(32, 32, 3)
        self.fc = nn.Linear(32 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv2(self.conv2(x))), 2)
        return self.fc(torch.flatten(x, 1))
