"""The batch size 64 is written into the code: take it from x, since the last batch of an epoch has 40 images."""

import torch.nn.functional as F

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(x.view(64, -1))
