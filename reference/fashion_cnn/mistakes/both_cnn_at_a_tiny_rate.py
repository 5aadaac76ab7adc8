"""The convolutional network is trained with a thousandth of the learning rate: pass `lr` on as it is given, to both."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        "dnn": train_and_track(dnn, train_loader, test_loader, epochs, lr),
        "cnn": train_and_track(cnn, train_loader, test_loader, epochs, lr / 1000),
    }
