"""F.dropout drops in eval mode too unless it is told training=self.training: use nn.Dropout."""

import torch
from torch.nn import functional as F

QUESTION = "Q6"
FILE = "models.py"


class FashionDNN(FashionDNN):
    def forward(self, x):
        x = F.dropout(torch.relu(self.fc1(x.flatten(1))), 0.25)
        return self.fc3(torch.relu(self.fc2(x)))
