"""accuracy builds a graph that nobody needs: measure under `with torch.no_grad():`, which saves memory and time."""

QUESTION = "Q3"
FILE = "nets.py"


def accuracy(net, loader):
    was_training = net.training
    net.eval()
    correct, samples = 0, 0
    for images, labels in loader:
        correct += int((net(images).argmax(dim=1) == labels).sum())
        samples += len(labels)
    net.train(was_training)
    return 100.0 * correct / samples
