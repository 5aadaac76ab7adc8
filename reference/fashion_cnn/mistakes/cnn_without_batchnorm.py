"""The BatchNorm layers are missing: one after each convolution, before the ReLU."""

from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def __init__(self):
        super().__init__()
        self.bn1 = nn.Identity()
        self.bn2 = nn.Identity()
