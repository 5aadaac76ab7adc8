"""log(softmax(x)) is −inf once a probability rounds to 0: log_softmax does both in one, stably."""

import torch
import torch.nn.functional as F

QUESTION = "Q4e"
FILE = "nets.py"


def nll_criterion(outputs, labels):
    return F.nll_loss(torch.log(F.softmax(outputs, dim=1)), labels)
