"""The linear layer's weight has torch's default initial values: kaiming_normal_ is for all three weights."""

from torch import nn

QUESTION = "Q3"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        nn.init.kaiming_normal_(self.conv1.weight)
        nn.init.kaiming_normal_(self.conv2.weight)
