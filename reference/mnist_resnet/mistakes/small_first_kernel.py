"""conv1 is the 3x3 convolution of CIFAR's ResNets: here it has kernel 7, stride 2 and padding 3."""

from torch import nn
from torchvision.models import resnet18

QUESTION = "Q3"
FILE = "resnet.py"


def mnist_resnet18():
    net = resnet18(weights=None, num_classes=10)
    net.conv1 = nn.Conv2d(1, 64, kernel_size=3, stride=1, padding=1, bias=False)
    return net
