"""fc still gives ImageNet's 1,000 scores: MNIST has 10 classes."""

from torch import nn
from torchvision.models import resnet18

QUESTION = "Q3"
FILE = "resnet.py"


def mnist_resnet18():
    net = resnet18(weights=None)
    net.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    return net
