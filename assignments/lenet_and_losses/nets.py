"""LeNet, one training step by hand, and variations on a small CIFAR-10 network: questions Q1 to Q4 and Q7.

Shapes: a batch holds N images of C channels, H rows and W columns, (N, C, H, W). A network's output is (N, 10): ten raw scores
an image, with no ReLU and no softmax on them. Define layers in the order in which the data meets them.
"""

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.utils.data import Dataset

Batches = Iterable[tuple[Tensor, Tensor]]  # what a DataLoader gives: images (N, C, H, W) and labels (N,), batch after batch


# Q1 ----------------------------------------------------------------------------------------------------------------------------


class Net(nn.Module):
    """LeNet for images of shape (1, 32, 32).

    conv 1→6 k5, ReLU, max-pool 2, conv 6→16 k5, ReLU, max-pool 2, fc 400→120, ReLU, fc 120→84, ReLU, fc 84→10.
    Call the first convolution `conv1`: Q2 asks for its bias.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 1, 32, 32) -> raw scores (N, 10), for any N."""
        raise NotImplementedError

    def num_flat_features(self, x: Tensor) -> int:
        """How many numbers one item of the batch x holds: the product of all sizes but the first. (2, 16, 5, 5) -> 400."""
        raise NotImplementedError


# Q2 ----------------------------------------------------------------------------------------------------------------------------


def training_step(net: nn.Module, input: Tensor, target: Tensor, lr: float = 0.01) -> tuple[float | Tensor, Tensor | None, Tensor]:
    """One step of gradient descent on the mean squared error, the update written by hand (no optimizer).

    In this order: forward, loss, clear every gradient, note the gradient of `net.conv1.bias`, backward, note it again,
    then w ← w − lr · ∂loss/∂w for every parameter w of the net.

    net: any network with a layer `conv1`
    input: what the net takes, (N, ...); left as it was
    target: of the shape of net(input); left as it was
    Returns (loss, grad_before, grad_after):
        loss: mean over all entries of (net(input) − target)², before the update; a float or a 0-d tensor
        grad_before: gradient of conv1.bias after clearing, before backward: zeros of its shape, or None
        grad_after: gradient of conv1.bias after backward, of the shape of conv1.bias
    """
    raise NotImplementedError


# Q3 ----------------------------------------------------------------------------------------------------------------------------


class CifarNet(nn.Module):
    """The network of Q1 for colour images (3, 32, 32).

    conv 3→6 k5, ReLU, max-pool 2, conv 6→16 k5, ReLU, max-pool 2, fc 400→120, ReLU, fc 120→84, ReLU, fc 84→10.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 3, 32, 32) -> raw scores (N, 10)."""
        raise NotImplementedError


def train(
    net: nn.Module,
    loader: Batches,
    criterion: Callable[[Tensor, Tensor], Tensor],
    optimizer: optim.Optimizer,
    epochs: int,
) -> list[float]:
    """Train the net: for every batch of every epoch clear the gradients, forward, criterion, backward, one optimizer step.

    criterion(scores, labels) is the mean loss of a batch, a 0-d tensor.
    Returns one float an epoch: the mean loss of its samples. Weight each batch's loss by the batch's size, because the last
    batch may be smaller than the others.
    """
    raise NotImplementedError


def accuracy(net: nn.Module, loader: Batches) -> float:
    """Percentage (0 to 100) of the loader's samples whose highest score is that of their label.

    Measured in eval mode and without a graph; afterwards the net is in the mode (train or eval) in which it came.
    """
    raise NotImplementedError


def per_class_accuracy(net: nn.Module, loader: Batches, num_classes: int = 10) -> list[float]:
    """The accuracy within each class: of the samples with label k, the percentage (0 to 100) that is predicted as k.

    Measured as `accuracy` is. Returns `num_classes` floats; nan for a class of which the loader has no sample.
    """
    raise NotImplementedError


# Q4 ----------------------------------------------------------------------------------------------------------------------------


class DeepNet(nn.Module):
    """Q4a. Four different 3×3 convolutions of 32 filters, for images (3, 32, 32).

    conv, conv, ReLU, max-pool 2, conv, conv, ReLU, max-pool 2, fc 800→10. There is no ReLU between the two convolutions of a pair.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 3, 32, 32) -> raw scores (N, 10)."""
        raise NotImplementedError


def make_adam(net: nn.Module) -> optim.Optimizer:
    """Q4b. Adam over all parameters of the net: lr 0.001, betas (0.9, 0.999), eps as torch has it (1e-8)."""
    raise NotImplementedError


def augmented_dataset(root_dataset: Dataset) -> Dataset:
    """Q4c. A dataset twice as long: every image and, after all of them, every image mirrored left to right.

    root_dataset: n items (image, label), image a float tensor (C, H, W) with values in [0, 1]
    Returns a dataset of 2n items (image, label), images scaled to [−1, 1] by (image − 0.5) / 0.5. Item i is the i-th image of
    the root, item n + i its mirror image; both have its label. Nothing is random.
    """
    raise NotImplementedError


class BatchNormNet(nn.Module):
    """Q4d. CifarNet with `nn.BatchNorm2d` after each of the two convolutions, before the ReLU."""

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 3, 32, 32) -> raw scores (N, 10)."""
        raise NotImplementedError


def nll_criterion(outputs: Tensor, labels: Tensor) -> Tensor:
    """Q4e. Negative log-likelihood of the labels: the batch mean of −ln softmax(outputs)[label].

    outputs: raw scores (N, K); labels: class numbers (N,)
    Returns a 0-d tensor that backward can start from. Scores of ±10,000 give a finite loss.
    """
    raise NotImplementedError


def make_sgd_l2(net: nn.Module) -> optim.Optimizer:
    """Q4f. SGD over all parameters of the net: lr 0.001, momentum 0.9, L2 regularisation (weight decay) 1e-6."""
    raise NotImplementedError


# Q7 ----------------------------------------------------------------------------------------------------------------------------


def make_cifar_run() -> tuple[nn.Module, Callable[[Tensor, Tensor], Tensor], optim.Optimizer]:
    """Everything that a training run needs but the data: (net, criterion, optimizer).

    The run feeds CIFAR-10, scaled to [−1, 1], in batches of 4 for 2 epochs. The optimizer holds the parameters of this very net.
    """
    raise NotImplementedError
