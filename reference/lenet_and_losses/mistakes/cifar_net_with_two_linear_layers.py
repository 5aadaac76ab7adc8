"""One linear layer is missing: there are three, 400→120→84→10."""

import torch
import torch.nn.functional as F
from torch import nn

QUESTION = "Q3"
FILE = "nets.py"


class CifarNet(CifarNet):
    def __init__(self):
        super().__init__()
        del self.fc2
        self.fc3 = nn.Linear(120, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc1(torch.flatten(x, 1))))
