"""Training on Fashion-MNIST with a look at the test set every 50 steps (questions 8 and 9), and `show_grid`, which is given."""

from collections.abc import Sized
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def show_grid(dataset: Dataset, columns: int = 4, rows: int = 5) -> Any:
    """Draw the first `columns * rows` images of a dataset, each under the name of its class (given).

    dataset: items (image, label), image (1, H, W) or (H, W); a `classes` attribute, where there is one, names the labels.
    Returns the matplotlib figure. Needs matplotlib, which nothing else here does.
    """
    import matplotlib.pyplot as plt

    names = getattr(dataset, "classes", None)
    shown = min(columns * rows, len(dataset)) if isinstance(dataset, Sized) else columns * rows
    figure, axes = plt.subplots(rows, columns, figsize=(2 * columns, 2.2 * rows), squeeze=False)
    for place, ax in enumerate(axes.flat):
        ax.axis("off")
        if place < shown:
            image, label = dataset[place]
            ax.imshow(torch.as_tensor(image).squeeze(), cmap="gray")
            ax.set_title(names[int(label)] if names is not None else str(int(label)))
    figure.tight_layout()
    return figure


def train_and_track(
    model: nn.Module,
    train_loader: DataLoader,
    test_loader: DataLoader,
    epochs: int,
    lr: float = 0.001,
) -> tuple[list[float], list[int], list[float]]:
    """Train with Adam and cross-entropy; every 50 iterations, note the loss and the accuracy on the test set (Q8).

    model: images to scores (N, 10); it is trained in place, on the device that it is on. train_loader, test_loader: batches
    (images, labels) of any size, the last one included. epochs: passes over `train_loader`. lr: Adam's learning rate; Adam's other
    settings stay at their defaults.

    An iteration is one optimizer step. They are counted 1, 2, 3, ... without a restart at a new epoch, and after iterations 50,
    100, 150, ... one entry goes into each of three lists of the same length. Returns (losses, iterations, accuracies):
    losses, the mean cross-entropy of that iteration's training batch (floats); iterations, [50, 100, ...]; accuracies, how many
    percent of all test images the model then gets right (floats, 0 to 100).

    Each accuracy is measured in eval mode and without a graph; training runs in train mode, and the model is left in it.
    """
    raise NotImplementedError


def train_both(
    dnn: nn.Module,
    cnn: nn.Module,
    train_loader: DataLoader,
    test_loader: DataLoader,
    epochs: int = 5,
    lr: float = 0.001,
) -> dict[str, tuple[list[float], list[int], list[float]]]:
    """Train both networks on the same data with `train_and_track` (Q9).

    dnn, cnn: a fresh `FashionDNN()` and a fresh `FashionCNN()`, trained in place. The rest as in `train_and_track`.
    Returns {"dnn": (losses, iterations, accuracies), "cnn": (losses, iterations, accuracies)}.
    """
    raise NotImplementedError
