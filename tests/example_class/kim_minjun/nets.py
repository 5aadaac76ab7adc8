# 딥러닝 과제 1 - 김민준
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import Dataset


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        # 5*5는 이미지의 크기
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x

    def num_flat_features(self, x):
        size = x.size()[1:]  # 배치 차원은 빼고
        num_features = 1
        for s in size:
            num_features *= s
        return num_features


def training_step(net, input, target, lr=0.01):
    criterion = nn.MSELoss()
    output = net(input)
    loss = criterion(output, target)

    net.zero_grad()  # 모든 기울기를 0으로
    before = net.conv1.bias.grad
    if before is not None:
        before = before.clone()

    loss.backward()
    after = net.conv1.bias.grad.clone()

    # weight = weight - learning_rate * gradient
    for f in net.parameters():
        f.data.sub_(f.grad.data * lr)
    return loss.item(), before, after


class CifarNet(Net):
    """Q1이랑 같고 입력만 3채널"""

    def __init__(self):
        super(CifarNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)


def train(net, loader, criterion, optimizer, epochs):
    history = []
    for epoch in range(epochs):
        running_loss = 0.0
        n = 0
        for i, data in enumerate(loader, 0):
            inputs, labels = data
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * inputs.size(0)  # 마지막 배치가 작을 수 있음
            n += inputs.size(0)
        print('[%d] loss: %.3f' % (epoch + 1, running_loss / n))
        history.append(running_loss / n)
    print('Finished Training')
    return history


def accuracy(net, loader):
    mode = net.training
    net.eval()
    correct = 0
    total = 0
    with torch.no_grad():
        for images, labels in loader:
            _, predicted = torch.max(net(images), 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    net.train(mode)
    return 100 * correct / total


def per_class_accuracy(net, loader, num_classes=10):
    mode = net.training
    net.eval()
    class_correct = [0] * num_classes
    class_total = [0] * num_classes
    with torch.no_grad():
        for images, labels in loader:
            _, predicted = torch.max(net(images), 1)
            for label, p in zip(labels, predicted):
                class_correct[label] += int(p == label)
                class_total[label] += 1
    net.train(mode)
    # 샘플이 없는 클래스는 nan
    return [100 * c / t if t else float('nan') for c, t in zip(class_correct, class_total)]


class DeepNet(nn.Module):
    def __init__(self):
        super(DeepNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 3)
        self.conv2 = nn.Conv2d(32, 32, 3)
        self.conv3 = nn.Conv2d(32, 32, 3)
        self.conv4 = nn.Conv2d(32, 32, 3)
        self.fc1 = nn.Linear(32 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv4(self.conv3(x))), 2)
        return self.fc1(x.view(x.size(0), -1))


def make_adam(net):
    return optim.Adam(net.parameters(), lr=0.001, betas=(0.9, 0.999))


class FlipDataset(Dataset):
    def __init__(self, root):
        self.root = root

    def __len__(self):
        return len(self.root) * 2

    def __getitem__(self, i):
        n = len(self.root)
        img, label = self.root[i % n]
        if i >= n:
            img = torch.flip(img, [2])  # 좌우 반전
        return (img - 0.5) / 0.5, label


def augmented_dataset(root_dataset):
    return FlipDataset(root_dataset)


class BatchNormNet(nn.Module):
    def __init__(self):
        super(BatchNormNet, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.bn2 = nn.BatchNorm2d(16)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = x.view(-1, 400)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def nll_criterion(outputs, labels):
    return nn.NLLLoss()(nn.LogSoftmax(dim=1)(outputs), labels)


def make_sgd_l2(net):
    return optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-6)


def make_cifar_run():
    net = CifarNet()
    return net, nn.CrossEntropyLoss(), optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
