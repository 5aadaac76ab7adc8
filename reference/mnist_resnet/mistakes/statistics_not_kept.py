"""BatchNorm uses the batch in eval mode, too: leave track_running_stats as it is."""

from torch.nn import functional as F

QUESTION = "Q6"
FILE = "resnet.py"


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        branch = F.relu(self.of_the_batch(self.bn1, self.conv1(x)))
        branch = self.of_the_batch(self.bn2, self.conv2(branch))
        return F.relu(branch + self.shortcut(x))

    def of_the_batch(self, norm, x):
        return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True)
