"""A batch of 100 is written into the code: flatten with x.flatten(1), or x.view(x.size(0), -1)."""

import torch

QUESTION = "Q6"
FILE = "models.py"


class FashionDNN(FashionDNN):
    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(x.reshape(100, 784))))
        return self.fc3(torch.relu(self.fc2(x)))
