import torch
import torch.nn as nn


def train_and_track(model, train_loader, test_loader, epochs, lr=0.001):
    device = next(model.parameters()).device
    error = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    count = 0
    loss_list = []
    iteration_list = []
    accuracy_list = []

    for epoch in range(epochs):
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            model.train()

            outputs = model(images)
            loss = error(outputs, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1

            if not (count % 50):
                total = 0
                correct = 0
                model.eval()
                with torch.no_grad():
                    for images, labels in test_loader:
                        images, labels = images.to(device), labels.to(device)
                        outputs = model(images)
                        predictions = torch.max(outputs, 1)[1]
                        correct += (predictions == labels).sum().item()
                        total += len(labels)
                model.train()

                accuracy = correct * 100 / total
                loss_list.append(loss.item())
                iteration_list.append(count)
                accuracy_list.append(accuracy)

            if not (count % 500):
                print("Iteration: {}, Loss: {}, Accuracy: {}%".format(count, loss.item(), accuracy))

    return loss_list, iteration_list, accuracy_list


def train_both(dnn, cnn, train_loader, test_loader, epochs=5, lr=0.001):
    result = {}
    result["dnn"] = train_and_track(dnn, train_loader, test_loader, epochs, lr)
    result["cnn"] = train_and_track(cnn, train_loader, test_loader, epochs, lr)
    return result
