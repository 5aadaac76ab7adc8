"""There are activations between the last layers: here the three linear layers follow each other directly."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        x = self.drop(torch.relu(self.fc1(x.flatten(1))))
        return self.fc3(torch.relu(self.fc2(x)))
