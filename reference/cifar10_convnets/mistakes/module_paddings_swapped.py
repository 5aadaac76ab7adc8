"""The paddings are swapped: 2 belongs to the 5x5 convolution and 1 to the 3x3 one."""

from torch import nn

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=1)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=2)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
