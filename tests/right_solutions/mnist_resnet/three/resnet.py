# 과제 Q3, Q6
import torch.nn as nn
import torch.nn.functional as F
from torchvision import models


def mnist_resnet18():
    net = models.resnet18(weights=None)
    net.conv1 = nn.Conv2d(in_channels=1, out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)  # 흑백
    net.fc = nn.Linear(in_features=512, out_features=10)
    return net


def conv_bn(in_planes, planes, kernel_size, stride):
    """conv와 BatchNorm 한 쌍 (BatchNorm이 있으므로 bias 없음)"""
    conv = nn.Conv2d(in_planes, planes, kernel_size, stride=stride, padding=kernel_size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(planes))


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super(ResidualBlock, self).__init__()
        self.block1 = conv_bn(in_channels, out_channels, 3, stride)
        self.block2 = conv_bn(out_channels, out_channels, 3, 1)
        same_shape = stride == 1 and in_channels == out_channels
        self.downsample = nn.Identity() if same_shape else conv_bn(in_channels, out_channels, 1, stride)

    def forward(self, x):
        identity = self.downsample(x)
        h = self.block1(x)
        h = F.relu(h, inplace=True)
        h = self.block2(h)
        return F.relu(h + identity)
