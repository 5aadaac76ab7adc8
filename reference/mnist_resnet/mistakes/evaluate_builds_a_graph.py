"""evaluate builds a graph that nobody uses: with torch.no_grad()."""

QUESTION = "Q4"
FILE = "training.py"


def evaluate(model, loader, device):
    model.to(device)
    model.eval()
    right = samples = 0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        answers = model(inputs).argmax(dim=1)
        right += (answers == labels).sum().item()
        samples += len(labels)
    return 100.0 * right / samples
