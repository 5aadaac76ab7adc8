"""The dropout stands before the first linear layer: it belongs after it."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        return self.fc3(self.fc2(self.fc1(self.drop(x.flatten(1)))))
