"""forward computes the scores and returns nothing: end it with return."""

import torch.nn.functional as F

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        self.scores = self.fc(flatten(x))
