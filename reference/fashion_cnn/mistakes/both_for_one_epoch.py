"""Both networks are trained for one epoch, whatever `epochs` says: pass it on."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        "dnn": train_and_track(dnn, train_loader, test_loader, 1, lr),
        "cnn": train_and_track(cnn, train_loader, test_loader, 1, lr),
    }
