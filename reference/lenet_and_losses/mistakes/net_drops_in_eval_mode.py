"""`F.dropout` drops in eval mode too, unless it is told `training=self.training`; and LeNet has no dropout."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        x = F.dropout(F.relu(self.fc2(x)), 0.5)
        return self.fc3(x)
