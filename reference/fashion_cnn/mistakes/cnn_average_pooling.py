"""The poolings average: max-pooling is asked for."""

from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(2)
