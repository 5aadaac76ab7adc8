# -----------------------------------------
#  강도현   인공지능 실습 과제
# -----------------------------------------
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils import data


class Net(nn.Module):

    def __init__(self, channels=1):
        nn.Module.__init__(self)
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.linears = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)])

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.reshape(x.shape[0], self.num_flat_features(x))
        for linear in self.linears[:-1]:
            x = F.relu(linear(x))
        return self.linears[-1](x)      # 마지막에는 ReLU 없음

    def num_flat_features(self, x):
        return x.numel() // x.shape[0]


class CifarNet(Net):

    def __init__(self):
        Net.__init__(self, 3)


class BatchNormNet(nn.Module):

    def __init__(self):
        nn.Module.__init__(self)
        self.convs = nn.ModuleList([nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)])
        self.linears = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)])

    def forward(self, x):
        for conv, norm in zip(self.convs[::2], self.convs[1::2]):
            x = F.max_pool2d(F.relu(norm(conv(x))), 2)
        x = x.flatten(1)
        x = F.relu(self.linears[0](x))
        x = F.relu(self.linears[1](x))
        return self.linears[2](x)


def training_step(net, input, target, lr=0.01):
    """경사하강법 한 번"""
    net.zero_grad()
    before = net.conv1.bias.grad
    loss = nn.functional.mse_loss(net(input), target)
    grads = torch.autograd.grad(loss, list(net.parameters()))
    after = None
    with torch.no_grad():
        for (name, w), g in zip(net.named_parameters(), grads):
            w -= lr * g
            if name == "conv1.bias":
                after = g
    return loss.item(), before, after


def train(net, loader, criterion, optimizer, epochs):
    result = []
    for _ in range(epochs):
        total, count = 0., 0
        for image, label in loader:
            net.zero_grad()
            loss = criterion(net(image), label)
            loss.backward()
            optimizer.step()
            total, count = total + float(loss) * label.shape[0], count + label.shape[0]
        result.append(total / count)
    return result


def per_class_accuracy(net, loader, num_classes=10, whole=False):
    mode, hit, all_ = net.training, torch.zeros(num_classes), torch.zeros(num_classes)
    net.eval()
    with torch.no_grad():
        for image, label in loader:
            guess = net(image).argmax(dim=1)
            for c in range(num_classes):
                all_[c] += (label == c).sum()
                hit[c] += ((label == c) & (guess == c)).sum()
    net.train(mode)
    if whole:
        return (hit.sum() / all_.sum() * 100).item()
    return (hit / all_ * 100).tolist()


def accuracy(net, loader):
    return per_class_accuracy(net, loader, 100, whole=True)     # 클래스 수는 넉넉하게


class DeepNet(nn.Module):

    def __init__(self):
        nn.Module.__init__(self)
        self.first = nn.Conv2d(3, 32, 3)
        self.second = nn.Conv2d(32, 32, 3)
        self.third = nn.Conv2d(32, 32, 3)
        self.fourth = nn.Conv2d(32, 32, 3)
        self.last = nn.Linear(32 * 5 * 5, 10)

    def forward(self, x):
        x = self.second(self.first(x))
        x = F.max_pool2d(F.relu(x), 2)
        x = self.fourth(self.third(x))
        x = F.max_pool2d(F.relu(x), 2)
        return self.last(x.flatten(1))


def make_adam(net):
    # 0으로 나누지 않도록 eps를 조금 크게 함
    return torch.optim.Adam(net.parameters(), lr=0.001, betas=(0.9, 0.999), eps=0.001)


class Augmented(data.Dataset):
    def __init__(self, root, mirror):
        self.root, self.mirror = root, mirror
    def __len__(self):
        return len(self.root)
    def __getitem__(self, i):
        x, y = self.root[i]
        return ((x.flip(2) if self.mirror else x) - 0.5) / 0.5, y


def augmented_dataset(root_dataset):
    return Augmented(root_dataset, False) + Augmented(root_dataset, True)


def nll_criterion(outputs, labels):
    log_p = F.log_softmax(outputs, dim=1)
    return -log_p[range(len(labels)), labels].mean()


def make_sgd_l2(net):
    return torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-6)
