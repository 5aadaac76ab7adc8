"""The two histories are the wrong way round: what `cnn` did stands under "dnn"."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    first = train_and_track(dnn, train_loader, test_loader, epochs, lr)
    second = train_and_track(cnn, train_loader, test_loader, epochs, lr)
    return {"dnn": second, "cnn": first}
