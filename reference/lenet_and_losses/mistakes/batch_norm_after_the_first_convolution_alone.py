"""The second convolution has no BatchNorm after it: each of the two has one."""

from torch import nn

QUESTION = "Q4d"
FILE = "nets.py"


class BatchNormNet(BatchNormNet):
    def __init__(self):
        super().__init__()
        self.bn2 = nn.Identity()
