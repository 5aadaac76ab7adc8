"""torch.flatten(x) flattens the batch as well: start at axis 1."""

import torch
import torch.nn.functional as F

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
