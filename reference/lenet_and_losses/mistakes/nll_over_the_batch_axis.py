"""The log-softmax runs over the batch: it belongs over the classes, dim=1."""

import torch.nn.functional as F

QUESTION = "Q4e"
FILE = "nets.py"


def nll_criterion(outputs, labels):
    return F.nll_loss(F.log_softmax(outputs, dim=0), labels)
