"""NLLLoss takes log-probabilities: put the raw scores through log-softmax first."""

import torch.nn.functional as F

QUESTION = "Q4e"
FILE = "nets.py"


def nll_criterion(outputs, labels):
    return F.nll_loss(outputs, labels)
