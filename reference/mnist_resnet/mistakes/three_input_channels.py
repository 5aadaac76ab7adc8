"""MNIST's images have one channel: conv1 still takes three."""

from torchvision.models import resnet18

QUESTION = "Q3"
FILE = "resnet.py"


def mnist_resnet18():
    return resnet18(weights=None, num_classes=10)
