"""A batch of 100 is written into the code: flatten with x.flatten(1), or x.view(x.size(0), -1)."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        return self.fc3(self.fc2(self.drop(self.fc1(x.reshape(100, 2304)))))
