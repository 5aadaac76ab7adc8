"""The pooling takes the maximum of each block, not its mean."""

import torch
import torch.nn.functional as F

QUESTION = "Q3"
FILE = "nets.py"


class CifarNet(CifarNet):
    def forward(self, x):
        x = F.avg_pool2d(F.relu(self.conv1(x)), 2)
        x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(F.relu(self.fc2(x)))
