"""CIFAR-10 homework. I train in a notebook that imports this file; here is only what the notebook needs."""

import math

import torch
import torch.nn.functional as F
from torch import nn, optim

CHANNEL_1, CHANNEL_2, NUM_CLASSES = 32, 16, 10


def random_weight(shape):
    fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
    return (torch.randn(*shape) * math.sqrt(2.0 / fan_in)).requires_grad_()


def zero_weight(shape):
    return torch.zeros(*shape, requires_grad=True)


class Flatten(nn.Module):
    def forward(self, x):
        return x.reshape(x.shape[0], -1)


# ---- Part 2


def three_layer_convnet(x, params):
    x = x.to(params[0].dtype)  # so that images as bytes or doubles work, too
    h = F.relu(F.conv2d(x, params[0], params[1], padding=(2, 2)), inplace=True)
    h = F.relu(F.conv2d(h, params[2], params[3], padding=(1, 1)), inplace=True)
    return F.linear(h.view(len(h), -1), params[4].t(), params[5])


def three_layer_parameters():
    shapes = (
        (CHANNEL_1, 3, 5, 5),
        (CHANNEL_1,),
        (CHANNEL_2, CHANNEL_1, 3, 3),
        (CHANNEL_2,),
        (CHANNEL_2 * 32 * 32, NUM_CLASSES),
        (NUM_CLASSES,),
    )
    return tuple(zero_weight(shape) if len(shape) == 1 else random_weight(shape) for shape in shapes)


# ---- Part 3


def init_weights(layer):
    if hasattr(layer, "weight"):
        nn.init.kaiming_normal_(layer.weight)


class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super().__init__()
        self.c1 = nn.Conv2d(in_channel, channel_1, kernel_size=(5, 5), padding=(2, 2))
        self.c2 = nn.Conv2d(channel_1, channel_2, kernel_size=(3, 3), padding=(1, 1))
        self.out = nn.Linear(channel_2 * 32**2, num_classes)
        self.apply(init_weights)

    def forward(self, x):
        n = x.size(0)
        h = torch.relu(self.c1(x))
        h = torch.relu(self.c2(h))
        return self.out(h.reshape(n, -1))


def make_three_layer_run():
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    weights = [p for p in model.parameters() if p.dim() > 1]
    biases = [p for p in model.parameters() if p.dim() == 1]
    optimizer = optim.SGD([{"params": weights}, {"params": biases}], lr=3e-3)
    return [model, optimizer]


# ---- Part 4


def conv_relu(c_in, c_out, size):
    return nn.Sequential(nn.Conv2d(c_in, c_out, size, padding=(size - 1) // 2), nn.ReLU())


def make_nesterov_run():
    learning_rate = 1e-2
    model = nn.Sequential(
        conv_relu(3, CHANNEL_1, 5),
        conv_relu(CHANNEL_1, CHANNEL_2, 3),
        Flatten(),
        nn.Linear(CHANNEL_2 * 32 * 32, NUM_CLASSES),
    )
    optimizer = optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, dampening=0, weight_decay=0, nesterov=True)
    return model, optimizer


# ---- Part 5


def make_open_run():
    """VGG style. The number of features before the linear layer comes from a lazy layer: it sees one batch here."""
    model = nn.Sequential()
    channels = 3
    for i, width in enumerate((32, 64, 128)):
        model.add_module(f"conv{i}a", nn.Conv2d(channels, width, 3, padding=1))
        model.add_module(f"bn{i}a", nn.BatchNorm2d(width))
        model.add_module(f"relu{i}a", nn.ReLU())
        model.add_module(f"conv{i}b", nn.Conv2d(width, width, 3, padding=1))
        model.add_module(f"bn{i}b", nn.BatchNorm2d(width))
        model.add_module(f"relu{i}b", nn.ReLU())
        model.add_module(f"pool{i}", nn.MaxPool2d(2))
        model.add_module(f"drop{i}", nn.Dropout2d(0.1))
        channels = width
    model.add_module("flatten", nn.Flatten())
    model.add_module("fc1", nn.LazyLinear(128))
    model.add_module("relu", nn.ReLU())
    model.add_module("fc2", nn.LazyLinear(NUM_CLASSES))
    with torch.no_grad():
        model(torch.zeros(2, 3, 32, 32))
    return model, optim.Adam(model.parameters(), lr=1e-3)
