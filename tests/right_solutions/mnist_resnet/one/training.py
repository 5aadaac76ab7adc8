import copy
import time

import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader

torch.manual_seed(2024)


def train(model, loader, optimizer, criterion, epochs, device):
    model = model.to(device)
    history = []
    for epoch in range(1, epochs + 1):
        model.train()
        running_loss = 0.0
        n_samples = 0
        start = time.time()
        for data, target in loader:
            data = data.to(device)
            target = target.to(device)

            output = model(data)
            loss = criterion(output, target)

            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

            running_loss += loss.item() * data.size(0)
            n_samples += data.size(0)
        epoch_loss = running_loss / n_samples
        history.append(epoch_loss)
        print(f"[{epoch:3d}/{epochs}] loss {epoch_loss:.4f} ({time.time() - start:.1f} s)")
    return history


def evaluate(model, loader, device):
    was_training = model.training
    model = model.to(device)
    model.eval()
    correct, total = 0, 0
    with torch.inference_mode():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            _, pred = torch.max(model(data), 1)
            correct += torch.sum(pred == target).item()
            total += target.size(0)
    model.train(was_training)
    return correct / total * 100


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    start = copy.deepcopy(model.state_dict())
    results = {}
    for name in optimizers:
        results[name] = {}
        for bs in batch_sizes:
            net = copy.deepcopy(model)
            net.load_state_dict(start)
            net.to(device)
            train_loader = DataLoader(dataset, batch_size=bs, shuffle=True)
            opt = optimizers[name](net.parameters(), lr=lr)
            losses = train(net, train_loader, opt, nn.CrossEntropyLoss(), epochs, device)
            results[name][bs] = losses[-1]
            print(f"{name:>8} | {bs:4d} | {losses[-1]:.4f}")
    return results


def fit_mnist(model, train_set, device):
    torch.manual_seed(0)
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    for _ in range(4):
        train(model, loader, optimizer, nn.CrossEntropyLoss(), 1, device)
        scheduler.step()
    return model
