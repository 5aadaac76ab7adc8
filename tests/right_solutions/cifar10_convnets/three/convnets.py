# CIFAR-10 과제: 같은 ConvNet을 세 가지 방법으로
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("device:", device)

CHANNEL_1 = 32
CHANNEL_2 = 16


# ---------- 주어진 함수 ----------
def flatten(x):
    return x.reshape(x.shape[0], -1)


def random_weight(shape):
    if len(shape) == 2:
        fan_in = shape[0]
    else:
        fan_in = shape[1] * shape[2] * shape[3]
    w = torch.randn(shape) * (2.0 / fan_in) ** 0.5
    w.requires_grad = True
    return w


def zero_weight(shape):
    return torch.zeros(shape, requires_grad=True)


# ---------- Part 2 ----------
def my_relu(x):
    return torch.max(x, torch.zeros_like(x))


def conv(x, w, b, pad):
    """제로 패딩을 직접 하고 나서 합성곱"""
    x = F.pad(x, (pad, pad, pad, pad))
    return F.conv2d(x, w) + b.view(1, -1, 1, 1)


def three_layer_convnet(x, params):
    w1, b1, w2, b2, fc_w, fc_b = params
    h1 = my_relu(conv(x, w1, b1, pad=2))
    h2 = my_relu(conv(h1, w2, b2, pad=1))
    return torch.einsum("nd,dk->nk", flatten(h2), fc_w) + fc_b


def three_layer_parameters():
    conv_w1 = random_weight((CHANNEL_1, 3, 5, 5))
    conv_b1 = zero_weight((CHANNEL_1,))
    conv_w2 = random_weight((CHANNEL_2, CHANNEL_1, 3, 3))
    conv_b2 = zero_weight((CHANNEL_2,))
    fc_w = random_weight((CHANNEL_2 * 32 * 32, 10))
    fc_b = zero_weight((10,))
    return [conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b]


# ---------- Part 3 ----------
class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super(ThreeLayerConvNet, self).__init__()
        fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        convs = [nn.Conv2d(in_channel, channel_1, 5, 1, 2), nn.Conv2d(channel_1, channel_2, 3, 1, 1)]
        self.convs = nn.ModuleList(convs)
        self.flatten = nn.Flatten()
        self.fc = fc
        # 가중치 초기화: He 초기값 (std = sqrt(2 / fan_in))
        for layer in [*self.convs, self.fc]:
            nn.init.kaiming_normal_(layer.weight, a=0, mode="fan_in")

    def forward(self, x):
        for layer in self.convs:
            x = F.relu(layer(x))
        return self.fc(self.flatten(x))


def make_three_layer_run():
    net = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, 10).to(device)
    optimizer = torch.optim.SGD(params=net.parameters(), lr=0.003)
    return (net, optimizer)


# ---------- Part 4 ----------
def make_nesterov_run():
    layers = []
    layers.append(nn.Conv2d(3, CHANNEL_1, kernel_size=5, stride=1, padding=2))
    layers.append(nn.ReLU())
    layers.append(nn.Conv2d(CHANNEL_1, CHANNEL_2, kernel_size=3, stride=1, padding=1))
    layers.append(nn.ReLU())
    layers.append(nn.Flatten(start_dim=1))
    layers.append(nn.Linear(in_features=CHANNEL_2 * 32 * 32, out_features=10))
    net = nn.Sequential(*layers)
    nn.init.kaiming_normal_(net[0].weight)
    nn.init.kaiming_normal_(net[2].weight)
    optimizer = torch.optim.SGD(net.parameters(), 1e-2, 0.9, nesterov=True)
    return net, optimizer


# ---------- Part 5 ----------
class Block(nn.Module):
    """ResNet 블록 (pre-activation)"""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.down = nn.Conv2d(c_in, c_out, 1, stride, bias=False) if c_in != c_out or stride != 1 else None

    def forward(self, x):
        h = F.relu(self.bn1(x))
        shortcut = x if self.down is None else self.down(h)
        h = self.conv1(h)
        h = self.conv2(F.relu(self.bn2(h)))
        return h + shortcut


class MyResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(Block(32, 32), Block(32, 64, 2), Block(64, 64), Block(64, 128, 2))
        self.bn = nn.BatchNorm2d(128)
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        if self.training and torch.rand(()) < 0.5:  # 학습할 때만 좌우 반전
            x = x.flip(3)
        x = self.blocks(self.stem(x))
        x = F.relu(self.bn(x)).mean(dim=(2, 3))
        return self.fc(x)


def make_open_run():
    net = MyResNet()
    # BatchNorm과 bias에는 weight decay를 쓰지 않는다
    decay = [p for p in net.parameters() if p.ndim > 1]
    no_decay = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.05}, {"params": no_decay, "weight_decay": 0.0}]
    return net, torch.optim.AdamW(groups, lr=2e-3)
