"""Homework: training, evaluating, comparing optimizers."""

from collections import defaultdict
from copy import deepcopy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader


def train_step(model, batch, optimizer, criterion, device):
    """One step; returns (mean loss of the batch, size of the batch)."""
    inputs, targets = (tensor.to(device, non_blocking=True) for tensor in batch)
    optimizer.zero_grad(set_to_none=False)
    loss = criterion(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return float(loss.detach()), len(targets)


def train(model, loader, optimizer, criterion, epochs, device):
    model.to(device).train()
    means = []
    for _ in range(epochs):
        steps = [train_step(model, batch, optimizer, criterion, device) for batch in loader]
        losses, sizes = zip(*steps, strict=True)
        means.append(np.average(losses, weights=sizes))
    return means


@torch.no_grad()
def evaluate(model, loader, device):
    model.to(device)
    model.train(False)
    hits = [model(x.to(device)).softmax(dim=-1).argmax(dim=-1).eq(y.to(device)).cpu() for x, y in loader]
    return 100 * torch.cat(hits).double().mean().item()


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    table = defaultdict(dict)
    for name, optimizer_class in optimizers.items():
        for batch_size in batch_sizes:
            table[name][batch_size] = one_cell(deepcopy(model).to(device), optimizer_class, batch_size, dataset, epochs, lr, device)
    return table


def one_cell(net, optimizer_class, batch_size, dataset, epochs, lr, device):
    """Its own loop: only the last epoch's loss is wanted, so the others need not be fetched from the GPU."""
    optimizer = optimizer_class(net.parameters(), lr=lr)
    loader = DataLoader(dataset, batch_size, shuffle=True)
    net.train()
    for _ in range(epochs):
        total = torch.zeros((), device=device)
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            loss = F.cross_entropy(net(x), y)
            net.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(x)
    return (total / len(dataset)).item()


def fit_mnist(model, train_set, device):
    loader = DataLoader(train_set, batch_size=100, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    train(model, loader, optimizer, nn.CrossEntropyLoss(label_smoothing=0.05), 3, device)
    for group in optimizer.param_groups:
        group["lr"] = 1e-4
    train(model, loader, optimizer, nn.CrossEntropyLoss(), 1, device)
    return model.eval()
