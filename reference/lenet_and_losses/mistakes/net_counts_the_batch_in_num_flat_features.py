"""num_flat_features counts the numbers of one item: leave the batch axis, x.shape[0], out of the product."""

import torch.nn.functional as F

QUESTION = "Q1"
FILE = "nets.py"


class Net(Net):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(x.shape[0], -1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x):
        return x.numel()
