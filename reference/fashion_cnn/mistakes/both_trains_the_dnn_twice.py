"""The second network is never trained: both calls of `train_and_track` get `dnn`."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    first = train_and_track(dnn, train_loader, test_loader, epochs, lr)
    second = train_and_track(dnn, train_loader, test_loader, epochs, lr)
    return {"dnn": first, "cnn": second}
