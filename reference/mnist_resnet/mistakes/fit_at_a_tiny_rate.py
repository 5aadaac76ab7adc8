"""One epoch of plain SGD at a learning rate of 0.00001: the weights hardly move. Train longer, in larger steps."""

from torch import nn, optim
from torch.utils.data import DataLoader

QUESTION = "Q8"
FILE = "training.py"


def fit_mnist(model, train_set, device):
    optimizer = optim.SGD(model.parameters(), lr=1e-5)
    train(model, DataLoader(train_set, batch_size=64, shuffle=True), optimizer, nn.CrossEntropyLoss(), 1, device)
    return model
