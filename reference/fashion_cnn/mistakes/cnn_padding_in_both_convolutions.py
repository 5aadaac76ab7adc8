"""The second convolution is padded too: it has none, and brings 14×14 down to 12×12."""

from torch import nn

QUESTION = "Q7"
FILE = "models.py"


class FashionCNN(FashionCNN):
    def __init__(self):
        super().__init__()
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 600)
