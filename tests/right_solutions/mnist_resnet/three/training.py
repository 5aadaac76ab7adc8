# 과제 Q4, Q7, Q8
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class AverageMeter:
    """샘플 수로 가중한 평균"""

    def __init__(self):
        self.sum = 0
        self.count = 0

    def update(self, value, n):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / self.count


def train(model, loader, optimizer, criterion, epochs, device):
    model.to(device)
    loss_list = []
    for epoch in range(epochs):
        meter = AverageMeter()
        model.train()
        for i, (x, y) in enumerate(loader):
            x, y = x.to(device=device), y.to(device=device)
            optimizer.zero_grad()
            y_pred = model(x)
            loss = criterion(y_pred, y)
            loss.backward()
            optimizer.step()
            meter.update(loss.item(), y.shape[0])
            if i % 100 == 0:
                print(f"에폭 {epoch + 1} 배치 {i}: {loss.item():.4f}")
        loss_list.append(meter.avg)
    return loss_list


def evaluate(model, loader, device):
    model.to(device).eval()
    correct = torch.tensor(0, device=device)
    for x, y in loader:
        with torch.no_grad():
            scores = model(x.to(device))
        top = scores.topk(1, dim=1).indices.squeeze(1)
        correct += (top == y.to(device)).sum()
    return 100.0 * int(correct) / len(loader.dataset)


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    # state_dict()는 복사본이 아니므로 clone 해 둔다
    initial = {key: value.detach().clone() for key, value in model.state_dict().items()}
    net = copy.deepcopy(model).to(device)

    def run(make_optimizer, batch_size):
        net.load_state_dict(initial)
        for p in net.parameters():
            p.grad = None
        loader = DataLoader(dataset, batch_size=batch_size, shuffle=True)
        optimizer = make_optimizer(list(net.parameters()), lr=lr)
        return train(net, loader, optimizer, F.cross_entropy, epochs, device)[-1]

    return {name: {b: run(make, b) for b in batch_sizes} for name, make in optimizers.items()}


def fit_mnist(model, train_set, device):
    batch_size = 256 if len(train_set) > 10000 else 50
    epochs = 4
    loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, drop_last=True)
    model.to(device)
    opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
    loss_fn = nn.CrossEntropyLoss()
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            opt.zero_grad()
            loss_fn(model(x.to(device)), y.to(device)).backward()
            opt.step()
        sched.step()
    model.eval()
    return model
