"""Homework: ResNet-18 for MNIST and a residual block."""

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet


class MnistResNet(ResNet):
    """ResNet-18 for grey images: [2, 2, 2, 2] basic blocks."""

    def __init__(self):
        super().__init__(BasicBlock, [2, 2, 2, 2], num_classes=10)
        self.conv1 = nn.Conv2d(1, 64, (7, 7), (2, 2), (3, 3), bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")


def mnist_resnet18():
    return MnistResNet()


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(in_channels, out_channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.first_norm = nn.BatchNorm2d(out_channels)
        self.second = nn.Conv2d(out_channels, out_channels, (3, 3), padding=(1, 1), bias=False)
        self.second_norm = nn.BatchNorm2d(out_channels)
        self.project = None
        self.project_norm = None
        if (stride, in_channels) != (1, out_channels):
            self.project = nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)
            self.project_norm = nn.BatchNorm2d(out_channels)

    def shortcut(self, x):
        if self.project is None:
            return x
        return self.project_norm(self.project(x))

    def forward(self, x):
        fx = self.first_norm(self.first(x)).clamp(min=0)
        fx = self.second_norm(self.second(fx))
        return torch.add(fx, self.shortcut(x)).clamp_(min=0)
