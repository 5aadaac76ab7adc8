"""The output is raw scores: take the softmax off, the loss does that part."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        return F.softmax(super().forward(x), dim=1)
