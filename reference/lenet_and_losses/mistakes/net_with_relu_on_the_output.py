"""There is no ReLU after the last linear layer: it would cut off every negative score."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        return F.relu(super().forward(x))
