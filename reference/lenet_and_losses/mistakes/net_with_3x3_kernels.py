"""The kernels are 5×5: with 3×3 ones the first linear layer takes 16 · 6 · 6 numbers, not 16 · 5 · 5."""

from torch import nn

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(16 * 6 * 6, 120)
