import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import ConcatDataset, Dataset


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(in_channels=1, out_channels=6, kernel_size=(5, 5), stride=1, padding=0)
        self.conv2 = nn.Conv2d(in_channels=6, out_channels=16, kernel_size=(5, 5), stride=1, padding=0)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        out = self.conv1(x).clamp(min=0)
        out = F.max_pool2d(out, (2, 2))
        out = self.conv2(out).clamp(min=0)
        out = F.max_pool2d(out, (2, 2))
        out = out.reshape(x.shape[0], self.num_flat_features(out))
        out = self.fc1(out).clamp(min=0)
        out = self.fc2(out).clamp(min=0)
        out = self.fc3(out)
        return out

    def num_flat_features(self, x):
        return x[0].numel()


def training_step(net, input, target, lr=0.01):
    output = net(input)
    criterion = nn.MSELoss()
    loss = criterion(output, target)

    for p in net.parameters():
        p.grad = None
    grad_before = net.conv1.bias.grad
    print("conv1.bias.grad before backward:", grad_before)

    loss.backward()
    grad_after = net.conv1.bias.grad
    print("conv1.bias.grad after backward:", grad_after)

    for p in net.parameters():
        p.data.sub_(p.grad.data * lr)
    return loss, grad_before, grad_after


class CifarNet(Net):
    """Only the first layer differs."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)


def train(net, loader, criterion, optimizer, epochs):
    net.train()
    history = []
    for epoch in range(1, epochs + 1):
        running_loss = 0.0
        seen = 0
        for i, data in enumerate(loader, 0):
            inputs, labels = data
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()

            running_loss += loss.item() * inputs.size(0)
            seen += inputs.size(0)
            if i % 2000 == 1999:
                print("[%d, %5d] loss: %.3f" % (epoch, i + 1, running_loss / seen))
        history.append(running_loss / seen)
    print("Finished Training")
    return history


def accuracy(net, loader):
    before = net.training
    net.eval()
    correct = 0
    total = 0
    with torch.no_grad():
        for data in loader:
            images, labels = data
            outputs = net(images)
            _, predicted = torch.max(outputs.data, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    if before:
        net.train()
    return 100 * correct / total


def per_class_accuracy(net, loader, num_classes=10):
    before = net.training
    net.eval()
    class_correct = [0.0] * num_classes
    class_total = [0.0] * num_classes
    with torch.no_grad():
        for images, labels in loader:
            _, predicted = torch.max(net(images), 1)
            c = (predicted == labels).squeeze()
            for label, right in zip(labels, c.reshape(-1)):
                class_correct[label] += right.item()
                class_total[label] += 1
    if before:
        net.train()
    result = []
    for k in range(num_classes):
        if class_total[k] == 0:
            result.append(float("nan"))
        else:
            result.append(100 * class_correct[k] / class_total[k])
    return result


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3 if i == 0 else 32, 32, 3) for i in range(4)])
        self.out = nn.Linear(800, 10)

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            x = conv(x)
            if i % 2 == 1:  # after each pair
                x = F.max_pool2d(torch.relu(x), 2)
        return self.out(x.view(x.size(0), -1))


def make_adam(net):
    return optim.Adam(net.parameters())  # lr 0.001 and these betas are its defaults


class Scaled(Dataset):
    def __init__(self, root, mirror):
        self.root = root
        self.mirror = mirror

    def __len__(self):
        return len(self.root)

    def __getitem__(self, i):
        image, label = self.root[i]
        if self.mirror:
            image = torch.flip(image, dims=[2])
        return (image - 0.5) / 0.5, label


def augmented_dataset(root_dataset):
    return ConcatDataset([Scaled(root_dataset, mirror=False), Scaled(root_dataset, mirror=True)])


class BatchNormNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv1_bn = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.conv2_bn = nn.BatchNorm2d(16)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.relu(self.pool(self.conv1_bn(self.conv1(x))))  # pooling first: four times fewer numbers for the ReLU
        x = F.relu(self.pool(self.conv2_bn(self.conv2(x))))
        x = x.view(-1, 16 * 5 * 5)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def nll_criterion(outputs, labels):
    return F.cross_entropy(outputs, labels)


def make_sgd_l2(net):
    return optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-6)


def make_cifar_run():
    net = CifarNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    return net, criterion, optimizer
