"""BatchNorm stands after the ReLU: convolution, BatchNorm, ReLU, pooling is the order."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = self.pool(self.bn1(torch.relu(self.conv1(x))))
        x = self.pool(self.bn2(torch.relu(self.conv2(x))))
        return self.fc3(self.fc2(self.drop(self.fc1(x.flatten(1)))))
