import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):

    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool2 = nn.MaxPool2d(2)
        self.fc = nn.ModuleList([nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)])

    def forward(self, x):
        a1 = self.pool1(F.relu(self.conv1(x)))
        a2 = self.pool2(F.relu(self.conv2(a1)))
        a3 = F.relu(self.fc[0](a2.view(-1, self.num_flat_features(a2))))
        a4 = F.relu(self.fc[1](a3))
        return self.fc[2](a4)

    def num_flat_features(self, x):
        return len(x[0].reshape(-1))


class CifarNet(Net):

    def __init__(self):
        super(CifarNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)


class BatchNormNet(CifarNet):

    def __init__(self):
        super(BatchNormNet, self).__init__()
        # 활성화 값을 정규화
        self.pool1 = nn.Sequential(nn.BatchNorm2d(6), nn.MaxPool2d(2))
        self.pool2 = nn.Sequential(nn.BatchNorm2d(16), nn.MaxPool2d(2))


class DeepNet(nn.Module):

    def __init__(self):
        super(DeepNet, self).__init__()
        self.conv1_1 = nn.Conv2d(3, 32, 3)
        self.conv1_2 = nn.Conv2d(32, 32, 3)
        self.conv2_1 = nn.Conv2d(32, 32, 3)
        self.conv2_2 = nn.Conv2d(32, 32, 3)
        self.fc = nn.Linear(800, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1_2(self.conv1_1(x))), 2, 2)
        x = F.max_pool2d(F.relu(self.conv2_2(self.conv2_1(x))), 2, 2)
        return self.fc(torch.flatten(x, start_dim=1))


def training_step(net, input, target, lr=0.01):
    output = net(input)
    loss = F.mse_loss(output, target, reduction='mean')
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    before = net.conv1.bias.grad.clone()
    loss.backward()
    after = net.conv1.bias.grad.clone()
    with torch.no_grad():
        for p in net.parameters():
            p[...] = p - lr * p.grad
    return loss.item(), before, after


def train(net, loader, criterion, optimizer, epochs):
    losses = []
    for _ in range(epochs):
        batch_losses, batch_sizes = [], []
        for x, t in loader:
            optimizer.zero_grad()
            loss = criterion(net(x), t)
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
            batch_sizes.append(float(len(t)))
        weighted = torch.tensor(batch_losses).dot(torch.tensor(batch_sizes))
        losses.append(weighted.item() / sum(batch_sizes))
    return losses


def accuracy(net, loader, cls=None):
    """cls가 주어지면 그 클래스만"""
    was_training = net.training
    net.eval()
    hit = n = 0
    with torch.no_grad():
        for x, t in loader:
            mask = torch.ones_like(t, dtype=torch.bool) if cls is None else t == cls
            hit += (net(x).argmax(dim=1)[mask] == t[mask]).sum().item()
            n += mask.sum().item()
    net.train(was_training)
    return 100.0 * hit / n if n > 0 else float('nan')


def per_class_accuracy(net, loader, num_classes=10):
    return [accuracy(net, loader, k) for k in range(num_classes)]


def make_adam(net):
    return optim.Adam(net.parameters(), 0.001, (0.9, 0.999))


def augmented_dataset(root_dataset):
    x = [image * 2 - 1 for image, _ in root_dataset]
    t = [label for _, label in root_dataset]
    return list(zip(x + [torch.flip(image, (2,)) for image in x], t + t))


def nll_criterion(outputs, labels):
    return F.nll_loss(F.log_softmax(outputs, dim=-1), labels)


def make_sgd_l2(net):
    return optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-6)
