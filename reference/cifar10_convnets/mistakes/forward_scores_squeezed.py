"""squeeze() drops the batch axis of a single image: the scores of one image are (1, num_classes)."""

import torch.nn.functional as F

QUESTION = "Q4"
FILE = "convnets.py"


class ThreeLayerConvNet(ThreeLayerConvNet):
    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(flatten(x)).squeeze()
