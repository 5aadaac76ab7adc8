from typing import NamedTuple

import torch
from torch.nn import functional as F


class History(NamedTuple):
    losses: list
    iterations: list
    accuracies: list


@torch.no_grad()
def evaluate(model, loader):
    """테스트 데이터 전체의 정확도 (%)"""
    device = next(model.parameters()).device
    model.eval()
    hits = [model(x.to(device)).argmax(dim=1) == y.to(device) for x, y in loader]
    model.train()
    return 100 * torch.cat(hits).float().mean().item()


def batches(loader, epochs):
    """에폭이 바뀌어도 번호가 이어지는 (번호, 이미지, 레이블)"""
    number = 0
    for _ in range(epochs):
        for x, y in loader:
            number += 1
            yield number, x, y


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    history = History([], [], [])
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr)
    model.train()
    for number, x, y in batches(train_loader, epochs):
        loss = F.nll_loss(F.log_softmax(model(x.to(device)), dim=-1), y.to(device))
        model.zero_grad()
        loss.backward()
        optimizer.step()
        if number % 50 == 0:
            history.losses.append(float(loss))
            history.iterations.append(number)
            history.accuracies.append(evaluate(model, test_loader))
    return history


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        name: train_and_track(model, train_loader, test_loader, epochs, lr=lr)
        for name, model in [("dnn", dnn), ("cnn", cnn)]
    }
