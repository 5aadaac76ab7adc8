"""Each epoch ends after three batches: a `break` from trying things out is still in the loop."""

import copy
import itertools

from torch import nn
from torch.utils.data import DataLoader

QUESTION = "Q7t"
FILE = "training.py"


class Beginning:
    def __init__(self, loader):
        self.loader = loader

    def __iter__(self):
        return itertools.islice(self.loader, 3)


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    table = {}
    for name, make_optimizer in optimizers.items():
        table[name] = {}
        for batch_size in batch_sizes:
            net = copy.deepcopy(model).to(device)
            loader = Beginning(DataLoader(dataset, batch_size=batch_size, shuffle=True))
            optimizer = make_optimizer(net.parameters(), lr=lr)
            table[name][batch_size] = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, device)[-1]
    return table
