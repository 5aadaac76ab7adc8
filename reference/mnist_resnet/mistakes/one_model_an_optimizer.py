"""Each optimizer gets a fresh copy, but its three batch sizes share it: copy the model for each cell."""

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
            if batch_size == batch_sizes[0]:
                net = copy.deepcopy(model).to(device)
            loader = DataLoader(dataset, batch_size=batch_size, shuffle=True)
            optimizer = make_optimizer(net.parameters(), lr=lr)
            table[name][batch_size] = train(net, loader, optimizer, nn.CrossEntropyLoss(), epochs, device)[-1]
    return table
