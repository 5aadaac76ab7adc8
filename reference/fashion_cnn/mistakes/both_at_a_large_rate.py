"""With a learning rate of 0.1, Adam leaps past every minimum: pass `lr` on as it is given."""

QUESTION = "Q9"
FILE = "training.py"


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    return {
        "dnn": train_and_track(dnn, train_loader, test_loader, epochs, 0.1),
        "cnn": train_and_track(cnn, train_loader, test_loader, epochs, 0.1),
    }
