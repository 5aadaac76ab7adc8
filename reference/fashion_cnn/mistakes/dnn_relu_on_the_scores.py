"""There is a ReLU on the scores: they are raw, cross-entropy needs the negative ones too."""

import torch

QUESTION = "Q6"
FILE = "models.py"


class FashionDNN(FashionDNN):
    def forward(self, x):
        return torch.relu(super().forward(x))
