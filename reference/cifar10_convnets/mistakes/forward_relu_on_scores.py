"""The scores are raw: no ReLU after the linear layer."""

import torch.nn.functional as F

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return F.relu(self.fc(flatten(x)))
