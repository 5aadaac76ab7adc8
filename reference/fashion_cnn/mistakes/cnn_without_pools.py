"""The poolings are left out: without them 64·26·26 = 43,264 numbers meet a linear layer for 2304."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc3(self.fc2(self.drop(self.fc1(x.flatten(1)))))
