import torch
import torch.nn as nn
import torch.nn.functional as F

# 임소연 / 2조


def flat(x):
    return x.view(x.size(0), -1)


class LeNetBase(nn.Module):
    def make(self, c):
        self.conv1 = nn.Conv2d(c, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = (nn.Linear(i, o) for i, o in ((400, 120), (120, 84), (84, 10)))

    def forward(self, x):
        for c in (self.conv1, self.conv2):
            x = F.max_pool2d(F.relu(c(x)), 2)
        x = flat(x)
        for f in (self.fc1, self.fc2):
            x = F.relu(f(x))
        return self.fc3(x)


class Net(LeNetBase):
    def __init__(self):
        super().__init__()
        self.make(1)

    def num_flat_features(self, x):
        return flat(x).shape[1]


class CifarNet(LeNetBase):
    def __init__(self):
        super().__init__()
        self.make(3)


def training_step(net, input, target, lr=0.01):
    loss = nn.MSELoss()(net(input), target)
    net.zero_grad()
    before = None  # zero_grad 하면 None이 됨
    loss.backward()
    after = net.conv1.bias.grad.data.clone()
    state = net.state_dict()
    for k, p in net.named_parameters():
        state[k] = p.data - lr * p.grad.data
    net.load_state_dict(state)
    return loss.item(), before, after


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    while len(losses) < epochs:
        s = [0, 0]
        for x, t in loader:
            optimizer.zero_grad()
            l = criterion(net(x), t)
            l.backward()
            optimizer.step()
            s[0] += l.item() * x.shape[0]
            s[1] += x.shape[0]
        losses.append(s[0] / s[1])
    return losses


def evaluate(net, loader):
    mode = net.training
    net.eval()
    T, P = [], []
    with torch.no_grad():
        for x, t in loader:
            T.extend(t.tolist())
            P.extend(net(x).max(dim=1).indices.tolist())
    net.train(mode)
    return T, P


def accuracy(net, loader):
    T, P = evaluate(net, loader)
    return 100 * sum(map(int.__eq__, T, P)) / len(T)


def per_class_accuracy(net, loader, num_classes=10):
    T, P = evaluate(net, loader)
    right = {k: [p == k for t, p in zip(T, P) if t == k] for k in range(num_classes)}
    return [100 * sum(r) / len(r) if r else float("nan") for r in right.values()]


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 3)
        self.c2 = nn.Conv2d(32, 32, 3)
        self.c3 = nn.Conv2d(32, 32, 3)
        self.c4 = nn.Conv2d(32, 32, 3)
        self.fc = nn.Linear(800, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.c2(self.c1(x)), 2))  # pool 먼저 해도 결과는 같음
        x = F.relu(F.max_pool2d(self.c4(self.c3(x)), 2))
        return self.fc(flat(x))


def make_adam(net):
    return torch.optim.Adam(net.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-08)


def augmented_dataset(root_dataset):
    out = []
    for mirror in (False, True):
        for img, lab in root_dataset:
            out.append(((img.flip(-1) if mirror else img) / 0.5 - 1, lab))
    return out


class BatchNormNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6)
        self.c2, self.b2 = nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)
        self.mlp = nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.b1(self.c1(x)), 2))
        x = F.relu(F.max_pool2d(self.b2(self.c2(x)), 2))
        return self.mlp(flat(x))


def nll_criterion(outputs, labels):
    return nn.functional.cross_entropy(outputs, labels)


def make_sgd_l2(net):
    return torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-6)
