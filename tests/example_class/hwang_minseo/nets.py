import torch as t
import torch.nn.functional as F
from torch.nn import BatchNorm2d, Conv2d, Module, Parameter


class Dense(Module):
    """Linear를 직접 만들어 보았다"""
    def __init__(self, a, b):
        super().__init__()
        self.W = Parameter(t.randn(b, a) * (2 / a) ** 0.5)
        self.b = Parameter(t.zeros(b))

    def forward(self, x):
        return t.einsum("nd,kd->nk", x, self.W) + self.b


class Base(Module):
    def __init__(self, n_in=3, bn=False):
        super().__init__()
        self.conv1 = Conv2d(n_in, 6, 5)
        if bn: self.bn1 = BatchNorm2d(6)
        self.conv2 = Conv2d(6, 16, 5)
        if bn: self.bn2 = BatchNorm2d(16)
        self.d1, self.d2, self.d3 = Dense(400, 120), Dense(120, 84), Dense(84, 10)

    def forward(self, x):
        for k in ("1", "2"):
            x = self._modules["conv" + k](x)
            x = self._modules.get("bn" + k, lambda v: v)(x)
            x = F.max_pool2d(F.relu(x), 2)
        x = x.view(x.shape[0], self.num_flat_features(x))
        return self.d3(F.relu(self.d2(F.relu(self.d1(x)))))

    def num_flat_features(self, x):
        return t.numel(x) // len(x)


class Net(Base):
    def __init__(self): super().__init__(1)

class CifarNet(Base):
    pass

class BatchNormNet(Base):
    def __init__(self): super().__init__(bn=True)

class DeepNet(Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3, self.c4 = [Conv2d(i, 32, 3) for i in (3, 32, 32, 32)]
        self.out = Dense(800, 10)

    def forward(self, x):
        x = F.max_pool2d(self.c2(self.c1(x)).relu_(), 2)
        x = F.max_pool2d(self.c4(self.c3(x)).relu_(), 2)
        return self.out(x.flatten(1))


def training_step(net, input, target, lr=0.01):
    loss = F.mse_loss(net(input), target)
    net.zero_grad()
    g0 = net.conv1.bias.grad
    loss.backward()
    g1 = 1 * net.conv1.bias.grad
    for p in net.parameters():
        p.data += -lr * p.grad
    return loss.detach(), g0, g1


def train(net, loader, criterion, optimizer, epochs):
    answer = []
    for e in range(epochs):
        s = t.tensor(0., dtype=t.float64)
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            s += loss.item() * len(x)
        answer.append((s / len(loader.dataset)).item())
    return answer


def accuracy(net, loader):
    acc = per_class(net, loader, 100)
    return float(acc[0].sum() / acc[1].sum()) * 100

def per_class_accuracy(net, loader, num_classes=10):
    r, n = per_class(net, loader, num_classes)
    return [float(a / b) * 100 for a, b in zip(r, n)]

def per_class(net, loader, k):
    flag = net.training
    net.eval()
    r, n = t.zeros(k), t.zeros(k)
    with t.no_grad():
        for x, y in loader:
            y1, p1 = F.one_hot(y, k), F.one_hot(net(x).argmax(1), k)
            r += (y1 * p1).sum(0)
            n += y1.sum(0)
    net.train(flag)
    return r, n


def make_adam(net): return t.optim.Adam(net.parameters(), lr=.001, betas=(.9, .999))
def make_sgd_l2(net): return t.optim.SGD(net.parameters(), lr=.001, momentum=.9, weight_decay=1e-6)
def nll_criterion(outputs, labels): return F.nll_loss(F.log_softmax(outputs, 1), labels)

def augmented_dataset(root_dataset):
    n = len(root_dataset)
    f = lambda i: (root_dataset[i % n][0].flip(-1) if i >= n else root_dataset[i][0], root_dataset[i % n][1])
    return [((im - .5) / .5, lab) for im, lab in map(f, range(2 * n))]
