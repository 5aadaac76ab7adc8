"""LeNet and its relatives, with the layers' arithmetic spelled out where I wanted to see it."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import Dataset
from torchvision.transforms import functional as TF


class Dense(nn.Module):
    """A fully connected layer: x @ weight.T + bias."""

    def __init__(self, n_in, n_out):
        super().__init__()
        bound = 1 / math.sqrt(n_in)
        self.weight = nn.Parameter(torch.empty(n_out, n_in).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return torch.einsum("ni,oi->no", x, self.weight) + self.bias


def relu(x):
    return torch.maximum(x, torch.zeros_like(x))


class LeNetBase(nn.Module):
    """LeNet for any number of channels; `norms` come between convolution and ReLU."""

    def __init__(self, channels, batch_norm=False):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.norm1 = nn.BatchNorm2d(6) if batch_norm else nn.Identity()
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.norm2 = nn.BatchNorm2d(16) if batch_norm else nn.Identity()
        sizes = [400, 120, 84, 10]
        self.dense = nn.ModuleList(Dense(n_in, n_out) for n_in, n_out in zip(sizes, sizes[1:]))

    def forward(self, x):
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2)):
            x = relu(norm(conv(x)))
            n, c, h, w = x.shape
            x = x.view(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))  # max-pool 2×2
        x = x.flatten(1)
        *hidden, last = self.dense
        for layer in hidden:
            x = relu(layer(x))
        return last(x)


class Net(LeNetBase):
    def __init__(self):
        super().__init__(channels=1)

    @staticmethod
    def num_flat_features(x):
        return math.prod(x.size()[1:])


class Step(NamedTuple):
    loss: float
    grad_before: torch.Tensor
    grad_after: torch.Tensor


def training_step(net, input, target, lr=0.01):
    squared = (net(input) - target).square()
    loss = squared.sum() / squared.numel()

    for w in net.parameters():
        if w.grad is not None:
            w.grad.zero_()
    bias = net.conv1.bias
    before = bias.grad.detach().clone() if bias.grad is not None else None

    loss.backward()
    after = bias.grad.detach().clone()

    with torch.no_grad():
        for w in net.parameters():
            w.add_(w.grad, alpha=-lr)
    return Step(loss.item(), before, after)


class CifarNet(LeNetBase):
    def __init__(self):
        super().__init__(3)


def train(net, loader, criterion, optimizer, epochs):
    def one_batch(images, labels):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        return float(loss.detach()) * labels.numel(), labels.numel()

    def one_epoch():
        losses, sizes = zip(*(one_batch(images, labels) for images, labels in loader))
        return math.fsum(losses) / sum(sizes)

    return [one_epoch() for _ in range(epochs)]


class evaluating:
    """`with evaluating(net):` eval mode and no graph; afterwards everything is as it was."""

    def __init__(self, net):
        self.net = net
        self.no_grad = torch.inference_mode()

    def __enter__(self):
        self.mode = self.net.training
        self.net.eval()
        self.no_grad.__enter__()

    def __exit__(self, *error):
        self.no_grad.__exit__(*error)
        self.net.train(self.mode)


def confusion_matrix(net, loader, num_classes):
    """How often a sample of class (row) was taken for class (column)."""
    counts = torch.zeros(num_classes, num_classes, dtype=torch.long)
    with evaluating(net):
        for images, labels in loader:
            guesses = net(images).topk(1).indices[:, 0]
            for label, guess in zip(labels.tolist(), guesses.tolist()):
                counts[label, guess] += 1
    return counts


def accuracy(net, loader):
    hits = []
    with evaluating(net):
        for images, labels in loader:
            best = net(images).sort(dim=1, descending=True).indices[:, 0]
            hits += best.eq(labels).tolist()
    return 100.0 * sum(hits) / len(hits)


def per_class_accuracy(net, loader, num_classes=10):
    counts = confusion_matrix(net, loader, num_classes).double()
    return (100 * counts.diagonal() / counts.sum(dim=1)).tolist()


class DeepNet(nn.Module):
    def __init__(self):
        super().__init__()
        shapes = [(32, 3, 3, 3), (32, 32, 3, 3), (32, 32, 3, 3), (32, 32, 3, 3), (10, 800)]
        self.weights = nn.ParameterList(nn.init.kaiming_uniform_(torch.empty(shape)) for shape in shapes)
        self.biases = nn.ParameterList(torch.zeros(shape[0]) for shape in shapes)

    def forward(self, x):
        w, b = self.weights, self.biases
        x = F.conv2d(F.conv2d(x, w[0], b[0]), w[1], b[1])  # 32×28×28
        x = F.max_pool2d(x.relu(), 2)
        x = F.conv2d(F.conv2d(x, w[2], b[2]), w[3], b[3])  # 32×10×10
        x = F.max_pool2d(x.relu(), 2)
        return F.linear(x.reshape(-1, 800), w[4], b[4])


def make_adam(net):
    weights = [p for name, p in net.named_parameters() if not name.endswith("bias")]
    biases = [p for name, p in net.named_parameters() if name.endswith("bias")]
    return optim.Adam([{"params": weights}, {"params": biases}], lr=0.001, betas=(0.9, 0.999))


class WithMirrored(Dataset):
    def __init__(self, root):
        self.root = root

    def __len__(self):
        return len(self.root) * 2

    def __getitem__(self, index):
        n = len(self.root)
        image, label = self.root[index % n]
        if index >= n:
            image = TF.hflip(image)
        channels = image.shape[0]
        return TF.normalize(image, [0.5] * channels, [0.5] * channels), int(label)


def augmented_dataset(root_dataset):
    return WithMirrored(root_dataset)


class BatchNormNet(LeNetBase):
    def __init__(self):
        super().__init__(3, batch_norm=True)


def nll_criterion(outputs, labels):
    log_total = torch.logsumexp(outputs, dim=1)
    of_label = outputs.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (log_total - of_label).mean()


def make_sgd_l2(net):
    settings = dict(lr=0.001, momentum=0.9, weight_decay=0.000001, nesterov=False)
    return optim.SGD(params=net.parameters(), **settings)


def make_cifar_run():
    net = BatchNormNet()
    return net, nll_criterion, optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
