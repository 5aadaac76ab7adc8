"""Two networks for Fashion-MNIST (questions 6 and 7): images 1×28×28 in, ten scores out.

Scores are raw: no ReLU, no softmax on them. Batches of any size.
"""

import torch
from torch import nn


class FashionDNN(nn.Module):
    """A fully connected network (Q6): 784 → 256 → 128 → 10, 235,146 parameters.

    flatten, linear 784 → 256, ReLU, dropout 0.25, linear 256 → 128, ReLU, linear 128 → 10.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images (N, 1, 28, 28) to scores (N, 10)."""
        raise NotImplementedError


class FashionCNN(nn.Module):
    """A convolutional network (Q7): 1,475,338 parameters.

    conv 1 → 32 (3×3, padding 1), BatchNorm, ReLU, max-pool 2; conv 32 → 64 (3×3, no padding), BatchNorm, ReLU, max-pool 2;
    flatten to 2304; linear 2304 → 600, dropout 0.25, linear 600 → 120, linear 120 → 10, with no activation between these three.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images (N, 1, 28, 28) to scores (N, 10)."""
        raise NotImplementedError
