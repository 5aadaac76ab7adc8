"""There is a ReLU after each pair of convolutions, not after each convolution."""

import torch
import torch.nn.functional as F

QUESTION = "Q4a"
FILE = "nets.py"


class DeepNet(DeepNet):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.max_pool2d(F.relu(self.conv4(F.relu(self.conv3(x)))), 2)
        return self.fc(torch.flatten(x, 1))
