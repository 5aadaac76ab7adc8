"""The three ConvNets with einsum, dataclasses, lazy layers and layers of my own."""

import math
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

CHANNEL_1, CHANNEL_2, NUM_CLASSES = 32, 16, 10


def correlate(x, w, b, padding):
    """A convolution as a matrix product over patches."""
    k, c, fh, fw = w.shape
    n, _, h, width = x.shape
    patches = F.unfold(x, (fh, fw), padding=padding).view(n, c, fh, fw, h, width)
    return torch.einsum("ncuvhw,kcuv->nkhw", patches, w) + b[:, None, None]


def three_layer_convnet(x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = correlate(x, conv_w1, conv_b1, 2).clamp_min_(0)
    x = correlate(x, conv_w2, conv_b2, 1)
    x = x * (x > 0)
    return torch.addmm(fc_b, x.flatten(1), fc_w)


def three_layer_parameters():
    shapes = OrderedDict(
        conv_w1=(32, 3, 5, 5), conv_b1=(32,), conv_w2=(16, 32, 3, 3), conv_b2=(16,), fc_w=(32 * 32 * 16, 10), fc_b=(10,)
    )
    made = nn.ParameterDict()
    for name, shape in shapes.items():
        value = torch.zeros(shape)
        if len(shape) == 4:
            nn.init.kaiming_normal_(value, nonlinearity="relu")
        elif len(shape) == 2:
            nn.init.normal_(value, std=math.sqrt(2 / shape[0]))
        made[name] = nn.Parameter(value)
    return tuple(made[name] for name in shapes)


@dataclass(eq=False)
class ThreeLayerConvNet(nn.Module):
    in_channel: int
    channel_1: int
    channel_2: int
    num_classes: int

    def __post_init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.LazyConv2d(self.channel_1, 5, padding="same"),
            nn.Hardtanh(0, math.inf),
            nn.LazyConv2d(self.channel_2, 3, padding="same"),
            nn.Threshold(0, 0),
            nn.Flatten(),
        )
        self.head = nn.LazyLinear(self.num_classes)
        with torch.no_grad():
            self(torch.zeros(1, self.in_channel, 32, 32))
        self.apply(self.start)

    @staticmethod
    def start(layer):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0, mode="fan_in")

    def forward(self, x):
        return self.head(self.body(x))


def make_three_layer_run():
    model = ThreeLayerConvNet(in_channel=3, channel_1=CHANNEL_1, channel_2=CHANNEL_2, num_classes=NUM_CLASSES)
    groups = [{"params": model.body.parameters()}, {"params": model.head.parameters()}]
    return [model, torch.optim.SGD(groups, lr=0.003, foreach=True)]


class SameConv(nn.Conv2d):
    """A convolution that keeps the size of the map."""

    def __init__(self, channels, filters, side):
        super().__init__(channels, filters, side, padding=side // 2)


class ToRows(nn.Flatten):
    pass


def make_nesterov_run():
    model = nn.Sequential(
        OrderedDict(
            first=SameConv(3, CHANNEL_1, 5),
            relu1=nn.ReLU(inplace=True),
            second=SameConv(CHANNEL_1, CHANNEL_2, 3),
            relu2=nn.ReLU(inplace=True),
            rows=ToRows(),
            scores=nn.LazyLinear(NUM_CLASSES),
        )
    )
    model(torch.zeros(2, 3, 32, 32))
    return model, torch.optim.SGD(model.named_parameters(), lr=0.01, momentum=0.9, nesterov=True)


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


def make_open_run():
    model = nn.Sequential(
        nn.Conv2d(3, 24, 3, stride=2, padding=1),
        nn.GroupNorm(4, 24),
        nn.GELU(),
        Residual(nn.Sequential(nn.Conv2d(24, 24, 3, padding=1, groups=4), nn.GELU())),
        nn.LazyConv2d(32, 3, stride=2),
        nn.SiLU(),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.LazyLinear(10),
    )
    return model, torch.optim.AdamW(model.parameters(), lr=2e-3)
