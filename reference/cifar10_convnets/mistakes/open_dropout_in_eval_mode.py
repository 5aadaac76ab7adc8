"""F.dropout drops in eval mode, too: hand it training=self.training, or use nn.Dropout."""

import torch
import torch.nn.functional as F
from torch import nn

QUESTION = "Q7"
FILE = "convnets.py"


class DroppingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2)
        self.fc = nn.Linear(8 * 15 * 15, 10)

    def forward(self, x):
        return self.fc(F.dropout(flatten(F.relu(self.conv(x))), 0.5))


def make_open_run():
    model = DroppingNet()
    return model, torch.optim.Adam(model.parameters())
