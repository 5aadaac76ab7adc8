import sys
import torch
from torch import nn
import torch.nn.functional as F

DEBUG = True


def debug(name, x, times=50):
    # print EVERYTHING until i find the bug
    if DEBUG:
        line = (name + " = " + repr(x) + "\n") * 8
        block = line * (1_000_000 // len(line) + 1)
        for _ in range(times):
            print(block)
            print(block[:1000], file=sys.stderr)


debug("torch", torch.__version__)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        debug("input", x.shape, times=10)
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        debug("after conv1", x.shape, times=10)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        debug("after conv2", x.shape, times=10)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        debug("after fc1", x[0, 0], times=10)
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        debug("out", x[0], times=10)
        return x

    def num_flat_features(self, x):
        n = 1
        for d in x.size()[1:]:
            n *= d
        return n


def training_step(net, input, target, lr=0.01):
    loss = F.mse_loss(net(input), target)
    net.zero_grad()
    before = net.conv1.bias.grad
    debug("before", before, times=1)
    loss.backward()
    after = net.conv1.bias.grad.clone()
    debug("after", after, times=1)
    for p in net.parameters():
        p.data.sub_(lr * p.grad.data)
    return loss.item(), before, after
