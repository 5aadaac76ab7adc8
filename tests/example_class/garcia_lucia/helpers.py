# things that I use in both files
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def evaluating(model):
    """eval mode and no graph inside, the old mode afterwards"""
    old = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(old)


def confusion(model, loader, K):
    M = np.zeros((K, K), dtype=int)
    with evaluating(model):
        for x, y in loader:
            np.add.at(M, (y.numpy(), model(x).numpy().argmax(axis=1)), 1)
    return M
