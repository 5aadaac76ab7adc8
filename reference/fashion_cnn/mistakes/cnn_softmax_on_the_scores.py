"""There is a softmax on the scores: they are raw, CrossEntropyLoss takes the softmax itself."""

import torch

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def forward(self, x):
        return torch.softmax(super().forward(x), dim=1)
