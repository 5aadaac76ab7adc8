"""The argument lr is not used: hand it to the optimizer."""

QUESTION = "Q8"
FILE = "training.py"


_train_and_track = train_and_track


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    return _train_and_track(model, train_loader, test_loader, epochs, 0.001)
