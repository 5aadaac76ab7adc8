"""The accuracies lie between 0 and 1: they are asked for in percent."""

QUESTION = "Q8"
FILE = "training.py"


_train_and_track = train_and_track


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    losses, iterations, accuracies = _train_and_track(model, train_loader, test_loader, epochs, lr)
    return losses, iterations, [accuracy / 100 for accuracy in accuracies]
