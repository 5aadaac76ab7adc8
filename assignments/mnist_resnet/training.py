"""Q4, Q7 and Q8: training, evaluating, and comparing optimizers."""

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


def train(
    model: nn.Module,
    loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    criterion: Callable[[Tensor, Tensor], Tensor],
    epochs: int,
    device: str | torch.device,
) -> list[float]:
    """Train `model` in place for `epochs` passes over `loader`, in train mode, one step of `optimizer` a batch.

    loader: gives (inputs (N, ...), targets (N, ...)); N may differ from batch to batch.
    criterion: (outputs, targets) -> mean loss of the batch, a tensor with one number.
    device: where the model and every batch are moved.

    Returns one plain number an epoch: the mean over the epoch's samples of the loss met on the way,
    (sum over batches of N_b * loss_b) / (sum over batches of N_b).
    """
    raise NotImplementedError


def evaluate(model: nn.Module, loader: DataLoader, device: str | torch.device) -> float:
    """How many percent of the samples `model` classifies correctly: 100 * right / samples, from 0 to 100.

    loader: gives (inputs (N, ...), labels (N,)); the model maps inputs to scores (N, K), the largest score is its answer.
    device: where the model and every batch are moved.

    Runs in eval mode and builds no graph: neither weights nor BatchNorm's running statistics change.
    """
    raise NotImplementedError


def sweep(
    optimizers: Mapping[str, Callable[..., torch.optim.Optimizer]],
    batch_sizes: Sequence[int],
    model: nn.Module,
    dataset: Dataset,
    epochs: int = 10,
    lr: float = 0.001,
    device: str | torch.device = "cpu",
) -> dict[str, dict[int, float]]:
    """Train a copy of `model` for every pair of an optimizer and a batch size; report the final losses.

    optimizers: name -> class, such as {"Adam": torch.optim.Adam, "SGD": torch.optim.SGD};
        the optimizer of a cell is `optimizers[name](parameters, lr=lr)`.
    dataset: (input, label) pairs, shuffled anew each epoch. The loss is the cross-entropy of the model's scores.

    Returns table[name][batch_size]: the mean loss of the last epoch, as `train` reports it.
    Every cell starts from the weights that `model` has when it comes in, and `model` itself stays as it was.
    """
    raise NotImplementedError


def fit_mnist(model: nn.Module, train_set: Dataset, device: str | torch.device) -> nn.Module:
    """Train `model`, a fresh `mnist_resnet18()`, until it knows its digits; return it.

    train_set: (image (1, 28, 28) in [0, 1], label) pairs: 60,000 on a GPU, fewer on a CPU.
    device: where to train.

    The result is scored on test images whose labels this function never sees, in eval mode. The call is timed.
    """
    raise NotImplementedError
