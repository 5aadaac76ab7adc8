"""
    HW1
    author : Han Jisoo
"""
import torch
from torch import nn, optim
from torch.utils.data import Dataset, ConcatDataset
from torchvision import transforms

transform = transforms.Compose([
    transforms.RandomHorizontalFlip(p=0.5),
    transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
])


def fc_part() :
    return nn.Sequential(nn.Linear(16*5*5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class Net(nn.Module) :
    def __init__(self, in_channels = 1) :
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = fc_part()

    def forward(self, x) :
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc(x.view(-1, self.num_flat_features(x)))

    def num_flat_features(self, x) :
        n = 1
        for i in range(1, x.dim()) :
            n = n * x.size(i)
        return n


def CifarNet() :
    return Net(in_channels = 3)


def training_step(net, input, target, lr = 0.01) :
    net.zero_grad()
    grad_before = net.conv1.bias.grad
    error = net(input) - target
    loss = torch.mean(error ** 2)
    loss.backward()
    grad_after = torch.clone(net.conv1.bias.grad)
    with torch.no_grad() :
        for param in net.parameters() :
            param -= lr * param.grad
    return float(loss), grad_before, grad_after


def train(net, loader, criterion, optimizer, epochs) :
    total_loss = torch.zeros(epochs)
    for epoch in range(epochs) :
        samples = 0
        for images, labels in loader :
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            total_loss[epoch] += loss.detach() * len(images)
            samples += len(images)
        total_loss[epoch] /= samples
    return total_loss.tolist()


def hits(net, loader, num_classes) :
    training = net.training
    net.eval()
    table = torch.zeros(2, num_classes)
    with torch.no_grad() :
        for images, labels in loader :
            _, guess = net(images).topk(1, dim = 1)
            right = guess.squeeze(1).eq(labels)
            table[0].index_add_(0, labels, right.float())
            table[1].index_add_(0, labels, torch.ones(len(labels)))
    net.train(training)
    return table


def accuracy(net, loader) :
    right, total = hits(net, loader, 50).sum(dim = 1).tolist()
    return right / total * 100.


def per_class_accuracy(net, loader, num_classes = 10) :
    right, total = hits(net, loader, num_classes)
    return (right / total * 100.).tolist()


class DeepNet(nn.Module) :
    def __init__(self) :
        super().__init__()
        self.pair1 = self.pair(3)
        self.pair2 = self.pair(32)
        self.fc = nn.Linear(32*5*5, 10)

    def pair(self, c) :
        return nn.Sequential(nn.Conv2d(c, 32, 3), nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, x) :
        return self.fc(self.pair2(self.pair1(x)).view(-1, 32*5*5))


def make_adam(net) :
    return optim.Adam(net.parameters(), lr = 1e-3, betas = (0.9, 0.999))


class Transformed(Dataset) :
    def __init__(self, root) :
        self.root = root
    def __len__(self) :
        return len(self.root)
    def __getitem__(self, idx) :
        image, label = self.root[idx]
        return transform(image), label


def augmented_dataset(root_dataset) :
    # twice the data, flipped half of the time
    return ConcatDataset([Transformed(root_dataset), Transformed(root_dataset)])


class BatchNormNet(nn.Module) :
    def __init__(self) :
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = fc_part()

    def forward(self, x) :
        return self.fc(self.conv2(self.conv1(x)).flatten(1))


def nll_criterion(outputs, labels) :
    one_hot = nn.functional.one_hot(labels, outputs.shape[1])
    return -(one_hot * outputs.log_softmax(dim = 1)).sum() / len(labels)


def make_sgd_l2(net) :
    return optim.SGD(net.parameters(), lr = 1e-3, momentum = .9, weight_decay = 1e-6)
