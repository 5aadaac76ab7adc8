"""Q3 and Q6: torchvision's ResNet-18 for MNIST, and the block that it is made of."""

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import resnet18


def mnist_resnet18() -> nn.Module:
    """torchvision's resnet18 with random weights, changed in two places only: 11,175,370 parameters.

    conv1: Conv2d with 1 input and 64 output channels, kernel 7, stride 2, padding 3, no bias.
    fc: Linear from 512 features to 10 scores.

    The result maps (N, 1, 28, 28) to scores (N, 10).
    """
    raise NotImplementedError


class ResidualBlock(nn.Module):
    """ReLU(branch(x) + shortcut(x)): (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).

    branch: 3x3 conv (with the stride) - BatchNorm - ReLU - 3x3 conv (stride 1) - BatchNorm; padding 1.
    shortcut: x itself where the shapes agree; else 1x1 conv (with the stride) - BatchNorm.
    No conv has a bias. Create the layers in this order: conv, BatchNorm, conv, BatchNorm, then the shortcut's.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError
