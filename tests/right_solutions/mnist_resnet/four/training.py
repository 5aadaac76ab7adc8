"""Training with generators and closures."""

import io
import itertools

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, RandomSampler


def moved(loader, device):
    for batch in loader:
        yield [part.to(device) for part in batch]


def train(model, loader, optimizer, criterion, epochs, device):
    def epoch():
        for x, y in moved(loader, device):
            model.zero_grad()
            with torch.enable_grad():
                loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            yield torch.tensor([loss.detach().item() * x.size(0), x.size(0)], dtype=torch.double)

    model.to(device).train(True)
    return [(totals[0] / totals[1]).item() for totals in (sum(epoch()) for _ in range(epochs))]


def evaluate(model, loader, device):
    model.eval().to(device)
    with torch.inference_mode():
        hits = [model(x).topk(1).indices.squeeze(1) == y for x, y in moved(loader, device)]
    return torch.cat(hits).double().mean().mul(100).item()


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    start = io.BytesIO()
    torch.save(model, start)
    table = {name: {} for name in optimizers}
    for (name, kind), size in itertools.product(optimizers.items(), batch_sizes):
        start.seek(0)
        net = torch.load(start, weights_only=False).to(device)
        loader = DataLoader(dataset, size, sampler=RandomSampler(dataset))
        *_, table[name][size] = train(net, loader, kind(net.parameters(), lr=lr), F.cross_entropy, epochs, device)
    return table


def fit_mnist(model, train_set, device):
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    optimizer = torch.optim.RAdam(model.to(device).parameters(), lr=1e-3)
    train(model, loader, optimizer, torch.nn.CrossEntropyLoss(label_smoothing=0.05), 4, device)
    return model
