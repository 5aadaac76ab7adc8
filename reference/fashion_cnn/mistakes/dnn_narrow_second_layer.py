"""The layers are 784 → 256 → 128 → 10: the second one has 128 units."""

from torch import nn

QUESTION = "Q6"
FILE = "models.py"


class FashionDNN(FashionDNN):
    def __init__(self):
        super().__init__()
        self.fc2 = nn.Linear(256, 64)
        self.fc3 = nn.Linear(64, 10)
