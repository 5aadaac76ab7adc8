"""All weights of a tensor are the same number, so that all filters compute the same and stay alike: initial weights have to be random."""

import math

import torch

QUESTION = "Q2t"
FILE = "convnets.py"


def random_weight(shape):
    fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
    return torch.full(tuple(shape), math.sqrt(2.0 / fan_in), requires_grad=True)
