"""The networks are trained on the test images: the two loaders are the wrong way round."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        "dnn": train_and_track(dnn, test_loader, train_loader, epochs, lr),
        "cnn": train_and_track(cnn, test_loader, train_loader, epochs, lr),
    }
