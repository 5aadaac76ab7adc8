"""The second pooling is left out: it brings 64×12×12 down to 64×6×6 = 2304 numbers."""

import torch
from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64 * 12 * 12, 600)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc3(self.fc2(self.drop(self.fc1(x.flatten(1)))))
