"""The loader of a cell does not shuffle: where the data come sorted by label, the network forgets each digit over the next."""

import copy

from torch import nn
from torch.utils.data import DataLoader

QUESTION = "Q7"
FILE = "training.py"


def sweep(optimizers, batch_sizes, model, dataset, epochs=10, lr=0.001, device="cpu"):
    table = {}
    for name, make_optimizer in optimizers.items():
        table[name] = {}
        for batch_size in batch_sizes:
            net = copy.deepcopy(model).to(device)
            loader = DataLoader(dataset, batch_size=batch_size)
            optimizer = make_optimizer(net.parameters(), lr=lr)
            table[name][batch_size] = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, device)[-1]
    return table
