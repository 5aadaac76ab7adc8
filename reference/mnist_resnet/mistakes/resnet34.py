"""This is resnet34, with 16 blocks in place of 8."""

from torch import nn
from torchvision.models import resnet34

QUESTION = "Q3"
FILE = "resnet.py"


def mnist_resnet18():
    net = resnet34(weights=None, num_classes=10)
    net.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    return net
