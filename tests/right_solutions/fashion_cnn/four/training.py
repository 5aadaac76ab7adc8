"""The loop as a class that is called at each step."""

from dataclasses import dataclass, field
from itertools import chain, repeat

import torch
from torch.nn.functional import cross_entropy, nll_loss


@dataclass
class Diary:
    model: torch.nn.Module
    loader: object
    every: int = 50
    step: int = 0
    entries: list = field(default_factory=list)

    def __call__(self, loss):
        self.step += 1
        if self.step % self.every == 0:
            self.entries.append((loss.item(), self.step, self.percent()))

    @property
    def device(self):
        return next(iter(self.model.parameters())).device

    @torch.inference_mode()
    def percent(self):
        self.model.train(False)
        hits = [(self.model(x.to(self.device)).argmax(-1) == y.to(self.device)).float() for x, y in self.loader]
        self.model.train()
        return 100 * torch.cat(hits).mean().item()


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    diary = Diary(model, test_loader)
    adam = torch.optim.Adam(model.named_parameters(), lr, foreach=False)
    model.train()
    for images, labels in chain.from_iterable(repeat(train_loader, epochs)):
        scores = model(images.to(diary.device))
        loss = nll_loss(scores.log_softmax(-1), labels.to(diary.device))
        assert torch.allclose(loss, cross_entropy(scores, labels.to(diary.device)), atol=1e-4)
        adam.zero_grad(set_to_none=False)
        loss.backward()
        adam.step()
        diary(loss)
    losses, iterations, accuracies = map(list, zip(*diary.entries)) if diary.entries else ([], [], [])
    return losses, iterations, accuracies


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        name: list(train_and_track(net, train_loader, test_loader, epochs=epochs, lr=lr))
        for name, net in dict(cnn=cnn, dnn=dnn).items()
    }
