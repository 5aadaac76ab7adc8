"""The scores are raw: no softmax after the linear layer, cross_entropy applies it itself."""

import torch.nn.functional as F

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return F.softmax(self.fc(flatten(x)), dim=1)
