"""The BatchNorm comes between the convolution and its ReLU, not after the ReLU."""

import torch
import torch.nn.functional as F

QUESTION = "Q4d"
FILE = "nets.py"


class BatchNormNet(BatchNormNet):
    def forward(self, x):
        x = F.max_pool2d(self.bn1(F.relu(self.conv1(x))), 2)
        x = F.max_pool2d(self.bn2(F.relu(self.conv2(x))), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(F.relu(self.fc2(x)))
