# 과제1  20231187 최유나
import torch
import torch.nn as nn
import torch.nn.functional as F


# ---------- 문제 1 ----------
class Net(nn.Module):
    def __init__(self, inCh=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inCh, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        out = self.pool(self.relu(self.conv1(x)))   # N,6,14,14
        out = self.pool(self.relu(self.conv2(out))) # N,16,5,5
        out = out.view(-1, self.num_flat_features(out))
        out = self.relu(self.fc1(out))
        out = self.relu(self.fc2(out))
        return self.fc3(out)

    def num_flat_features(self, x):
        return x.shape[1:].numel()


# ---------- 문제 2 ----------
def training_step(net, input, target, lr=0.01):
    out = net(input)
    loss = ((out - target)**2).mean()
    net.zero_grad()
    gradBefore = net.conv1.bias.grad     # None 이 나온다
    loss.backward()
    gradAfter = net.conv1.bias.grad.clone()
    for w in net.parameters():
        w.data = w.data - lr * w.grad
    return loss, gradBefore, gradAfter


# ---------- 문제 3 ----------
class CifarNet(Net):
    def __init__(self):
        super().__init__(inCh=3)


def train(net, loader, criterion, optimizer, epochs):
    epochLoss = []
    for ep in range(epochs):
        sumLoss, cnt = 0, 0
        for img, lab in loader:
            optimizer.zero_grad()
            out = net(img)
            loss = criterion(out, lab)
            loss.backward()
            optimizer.step()
            sumLoss += loss.item() * len(lab)
            cnt += len(lab)
        print(f"에폭 {ep}: {sumLoss/cnt:.4f}")
        epochLoss.append(sumLoss / cnt)
    return epochLoss


def countRight(net, loader, num_classes):
    right = [0.0]*num_classes
    total = [0.0]*num_classes
    wasTraining = net.training
    net.eval()
    with torch.no_grad():
        for img, lab in loader:
            pred = net(img).argmax(1)
            for i in range(len(lab)):
                total[lab[i]] += 1
                if pred[i] == lab[i]:
                    right[lab[i]] += 1
    net.train(wasTraining)
    return right, total


def accuracy(net, loader):
    right, total = countRight(net, loader, 1000)
    return sum(right)/sum(total)*100


def per_class_accuracy(net, loader, num_classes=10):
    right, total = countRight(net, loader, num_classes)
    result = []
    for r, t in zip(right, total):
        if t == 0:
            result.append(float("nan"))
        else:
            result.append(r/t*100)
    return result


# ---------- 문제 4 ----------
class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 32, 3), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.block2 = nn.Sequential(nn.Conv2d(32, 32, 3), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(800, 10)

    def forward(self, x):
        return self.fc(self.block2(self.block1(x)).flatten(1))


def make_adam(net):
    return torch.optim.Adam(net.parameters(), lr=0.001)


def augmented_dataset(root_dataset):
    imgs, labs = [], []
    for img, lab in root_dataset:
        imgs.append(img)
        labs.append(int(lab))
    imgs = torch.stack(imgs)
    imgs = torch.cat([imgs, imgs.flip(3)])
    return torch.utils.data.TensorDataset((imgs - 0.5)/0.5, torch.tensor(labs + labs))


class BatchNormNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


def nll_criterion(outputs, labels):
    return F.nll_loss(F.log_softmax(outputs, 1), labels)


def make_sgd_l2(net):
    return torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-6)


def make_cifar_run():
    net = CifarNet()
    return net, nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
