"""momentum=0.9 keeps a tenth of the running statistics: in torch it is the share of the new batch, 0.1 by default."""

from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def __init__(self):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(32, momentum=0.9)
        self.bn2 = nn.BatchNorm2d(64, momentum=0.9)
