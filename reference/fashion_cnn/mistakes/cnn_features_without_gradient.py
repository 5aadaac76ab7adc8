"""The features are computed under no_grad: the convolutions get no gradient and never learn."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        with torch.no_grad():
            x = self.pool(torch.relu(self.bn1(self.conv1(x))))
            x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        return self.fc3(self.fc2(self.drop(self.fc1(x.flatten(1)))))
