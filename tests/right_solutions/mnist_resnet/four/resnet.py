"""ResNets by inheritance."""

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet


class mnist_resnet18(ResNet):
    def __init__(self):
        super().__init__(BasicBlock, (2, 2, 2, 2), num_classes=10)
        stem = self.conv1
        self.conv1 = nn.Conv2d(1, stem.out_channels, stem.kernel_size, stem.stride, stem.padding, bias=False)


class ResidualBlock(BasicBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        shortcut = None
        if (in_channels, 1) != (out_channels, stride):
            shortcut = nn.Sequential(nn.LazyConv2d(out_channels, 1, stride, bias=False), nn.LazyBatchNorm2d())
        super().__init__(in_channels, out_channels, stride, downsample=shortcut)
        if shortcut is not None:
            with torch.no_grad():
                self.eval()(torch.zeros(1, in_channels, 4, 4))
        self.train()
