import torch, torch.nn as nn, torch.nn.functional as F
from torch import optim
from functools import reduce
from operator import mul

relupool = lambda t: F.max_pool2d(torch.relu(t), 2)

class Net(nn.Module):
    C = 1
    def __init__(s):
        super().__init__()
        s.conv1, s.conv2 = nn.Conv2d(s.C, 6, 5), nn.Conv2d(6, 16, 5)
        s.fc1, s.fc2, s.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
    def forward(s, x):
        x = relupool(s.conv2(relupool(s.conv1(x)))).flatten(1)
        return s.fc3(s.fc2(s.fc1(x).relu()).relu())
    def num_flat_features(s, x): return reduce(mul, x.shape[1:], 1)

class CifarNet(Net): C = 3

def training_step(net, input, target, lr=0.01):
    L = F.mse_loss(net(input), target)
    net.zero_grad()
    g0 = net.conv1.bias.grad
    L.backward()
    g1 = net.conv1.bias.grad.clone()
    optim.SGD(net.parameters(), lr=lr).step()  # plain SGD is exactly w - lr*grad
    return L.item(), g0, g1

def train(net, loader, criterion, optimizer, epochs):
    out = []
    for _ in range(epochs):
        tot = cnt = 0
        for x, y in loader:
            optimizer.zero_grad(); L = criterion(net(x), y); L.backward(); optimizer.step()
            tot, cnt = tot + L.item()*len(y), cnt + len(y)
        out += [tot/cnt]
    return out

@torch.no_grad()
def _preds(net, loader):
    m, _ = net.training, net.eval()
    r = [(y, net(x).argmax(1)) for x, y in loader]
    net.train(m)
    return torch.cat([a for a, _ in r]), torch.cat([b for _, b in r])

def accuracy(net, loader):
    y, p = _preds(net, loader)
    return 100*(y == p).sum().item()/len(y)

def per_class_accuracy(net, loader, num_classes=10):
    y, p = _preds(net, loader)
    f = lambda k: 100*((y == k) & (p == k)).sum()/(y == k).sum()
    return [f(k).item() for k in range(num_classes)]

class DeepNet(nn.Module):
    def __init__(s):
        super().__init__()
        s.a, s.b, s.fc = nn.Conv2d(3, 32, 3), nn.Conv2d(32, 32, 3), nn.Linear(800, 10)
    def forward(s, x):
        x = relupool(s.b(s.a(x)))
        x = relupool(s.b(s.b(x)))
        return s.fc(x.flatten(1))

make_adam = lambda net: optim.Adam(net.parameters(), 1e-3)
make_sgd_l2 = lambda net: optim.SGD(net.parameters(), 1e-3, .9, weight_decay=1e-6)

def augmented_dataset(root_dataset):
    n = lambda im: im.sub(.5).div(.5)
    return [(n(im), l) for im, l in root_dataset] + [(n(im).flip(2), l) for im, l in root_dataset]

class BatchNormNet(nn.Module):
    def __init__(s):
        super().__init__()
        s.conv1, s.n1, s.conv2, s.n2 = nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)
        s.fc1, s.fc2, s.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
    def forward(s, x):
        x = relupool(s.n2(s.conv2(relupool(s.n1(s.conv1(x)))))).flatten(1)
        return s.fc3(s.fc2(s.fc1(x).relu()).relu())

nll_criterion = nn.CrossEntropyLoss()
