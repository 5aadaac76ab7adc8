"""The dataset is cut to its first 300 items, to save time: the network never sees the rest. Give the loader all of it."""

import copy

from torch import nn
from torch.utils.data import DataLoader, Subset

QUESTION = "Q7t"
FILE = "training.py"


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    dataset = Subset(dataset, range(min(300, len(dataset))))
    table = {}
    for name, make_optimizer in optimizers.items():
        table[name] = {}
        for batch_size in batch_sizes:
            net = copy.deepcopy(model).to(device)
            loader = DataLoader(dataset, batch_size=batch_size, shuffle=True)
            optimizer = make_optimizer(net.parameters(), lr=lr)
            table[name][batch_size] = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, device)[-1]
    return table
