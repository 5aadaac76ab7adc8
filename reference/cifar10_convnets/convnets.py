"""ConvNets on CIFAR-10 three ways: with bare tensors, as an `nn.Module`, as an `nn.Sequential`.

Each part opens with a fully connected net of two layers that is given; the ConvNets after it are yours. Images are float tensors of
shape (N, 3, 32, 32), labels are integers of shape (N,), scores are raw (no softmax) and have the shape (N, 10).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

### BEGIN SOLUTION
# Measured on a CPU, mean and deviation of ten runs each, most images JPEG copies: one epoch on 10,000 training images, batch 64, scored on
# 2,000 test images: Q2t 35.6 ± 1.6 %, Q5t 35.1 ± 1.9 %, Q6t 43.9 ± 2.9 %; three epochs on 2,500 images: Q7t 34.5 ± 2.1 %; chance is
# 10 %. Not measured: full training. On all 49,000 images, correct solutions (not these runs) were seen to reach after one epoch Q2t 46.5
# to 48.8 %, Q5t 45.7 to 47.8 %, Q6t 55.9 to 59.5 %, and other nets than the one below reached for Q7t, within ten epochs, 72.1 to 83.7 %.
### END SOLUTION

CHANNEL_1 = 32  # filters of the first convolution, 5x5
CHANNEL_2 = 16  # filters of the second convolution, 3x3
HIDDEN = 4000  # hidden units of the two-layer nets
NUM_CLASSES = 10

NUM_TRAINING = 49_000  # of the 50,000 training images; the 1,000 after them are the validation set
BATCH_SIZE = 64
CHANNEL_MEAN = (0.4914, 0.4822, 0.4465)  # of the training pixels, red, green, blue
CHANNEL_STD = (0.2023, 0.1994, 0.2010)
PRINT_EVERY = 100  # steps

Params = Sequence[Tensor]
Loaders = tuple[DataLoader, DataLoader, DataLoader]


# --- Given: the data --------------------------------------------------------------------------------------------------------------


@functools.cache
def cifar10_loaders(root: str = "data") -> Loaders:
    """CIFAR-10 in batches of 64 for training (49,000 images), validation (1,000) and test (10,000).

    Downloads 170 MB into the folder `root` the first time.
    """
    # Imported here: whoever only builds nets need not wait for torchvision.
    from torchvision import datasets, transforms

    prepare = transforms.Compose([transforms.ToTensor(), transforms.Normalize(CHANNEL_MEAN, CHANNEL_STD)])
    images = datasets.CIFAR10(root, train=True, download=True, transform=prepare)
    test_images = datasets.CIFAR10(root, train=False, download=True, transform=prepare)
    return (
        DataLoader(Subset(images, range(NUM_TRAINING)), batch_size=BATCH_SIZE, shuffle=True),
        DataLoader(Subset(images, range(NUM_TRAINING, len(images))), batch_size=BATCH_SIZE),
        DataLoader(test_images, batch_size=BATCH_SIZE),
    )


def training_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# --- Part 2: bare tensors ---------------------------------------------------------------------------------------------------------
# --- Given: flatten, a two-layer net, initial values, the training loop


def flatten(x: Tensor) -> Tensor:
    """One row an example: (N, ...) -> (N, D), where D is the product of the other sizes."""
    return x.reshape(x.shape[0], -1)


def two_layer_fc(x: Tensor, params: Params) -> Tensor:
    """Scores of a fully connected net without biases: linear, ReLU, linear.

    x: (N, ...), D numbers an example
    params: [w1 (D, H), w2 (H, C)]
    returns: (N, C)
    """
    w1, w2 = params
    hidden = F.relu(flatten(x) @ w1)  # (N, D) x (D, H) -> (N, H)
    return hidden @ w2  # (N, H) x (H, C) -> (N, C)


def random_weight(shape: Sequence[int]) -> Tensor:
    """A weight with Kaiming's initial values: normal, mean 0, standard deviation sqrt(2 / fan-in), ready for gradients.

    fan-in, the number of inputs that one output sums over, follows from the shape: D for a linear weight (D, C), C * FH * FW for a
    convolution's (K, C, FH, FW).
    """
    fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
    return (torch.randn(*shape) * math.sqrt(2.0 / fan_in)).requires_grad_()


def zero_weight(shape: Sequence[int]) -> Tensor:
    """Zeros of this shape, ready for gradients: where biases start."""
    return torch.zeros(*shape, requires_grad=True)


def two_layer_parameters() -> list[Tensor]:
    """Initial parameters of `two_layer_fc` for CIFAR-10: 12,328,000 numbers."""
    return [random_weight((3 * 32 * 32, HIDDEN)), random_weight((HIDDEN, NUM_CLASSES))]


@torch.no_grad()
def check_accuracy_part2(loader: DataLoader, model_fn: Callable[[Tensor, Params], Tensor], params: Params) -> float:
    """The percentage of the loader's images that `model_fn(x, params)` scores highest in the right class; prints it, too."""
    device = params[0].device
    correct = total = 0
    for x, y in loader:
        predicted = model_fn(x.to(device), params).argmax(dim=1)  # (N, C) -> (N,)
        correct += int((predicted == y.to(device)).sum())
        total += len(y)
    percent = 100.0 * correct / total
    print(f"{correct} of {total} right ({percent:.2f} %)")
    return percent


def train_part2(
    model_fn: Callable[[Tensor, Params], Tensor], params: Params, learning_rate: float, loaders: Loaders | None = None
) -> float:
    """Train for one epoch by plain SGD, written out; returns the validation accuracy in percent.

    model_fn: (x, params) -> scores (N, C)
    params: leaf tensors that require a gradient; they are changed in place (and moved to the GPU where there is one)
    loaders: training, validation and test data; CIFAR-10 if not given
    """
    train, validation, _ = loaders or cifar10_loaders()
    device = training_device()
    for param in params:
        param.data = param.data.to(device)  # moves the values and leaves the tensor the leaf that it is
    for step, (x, y) in enumerate(train):
        loss = F.cross_entropy(model_fn(x.to(device), params), y.to(device))
        loss.backward()
        with torch.no_grad():
            for param in params:
                param -= learning_rate * param.grad
                param.grad = None  # or the next backward() would add to it
        if step % PRINT_EVERY == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    return check_accuracy_part2(validation, model_fn, params)


# --- Yours: Q1, Q2


def three_layer_convnet(x: Tensor, params: Params) -> Tensor:
    """Q1. Scores of a ConvNet with two convolutions and one linear layer, from bare tensors:

    conv 5x5 (zero padding 2) - ReLU - conv 3x3 (zero padding 1) - ReLU - flatten - linear

    x: (N, C, H, W), of any N, C, H and W that fit the parameters
    params: six tensors, in this order
        conv_w1 (channel_1, C, 5, 5), conv_b1 (channel_1,)
        conv_w2 (channel_2, channel_1, 3, 3), conv_b2 (channel_2,)
        fc_w (channel_2 * H * W, num_classes), fc_b (num_classes,)
    returns: (N, num_classes), raw scores. Neither x nor params is changed; gradients flow to all six parameters.
    """
    ### BEGIN SOLUTION
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    x = F.relu(F.conv2d(x, conv_w1, conv_b1, padding=2))  # (N, C, H, W) -> (N, channel_1, H, W)
    x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=1))  # -> (N, channel_2, H, W)
    return flatten(x) @ fc_w + fc_b  # (N, D) x (D, K) + (K,) -> (N, K)
    ### END SOLUTION


def three_layer_parameters() -> list[Tensor]:
    """Q2. Initial parameters of `three_layer_convnet` for CIFAR-10: CHANNEL_1 and CHANNEL_2 filters, 10 classes.

    Weights by `random_weight`, biases by `zero_weight`; all six are leaves that require a gradient.
    returns: [conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b], with the shapes that Q1 names: 170,906 numbers
    """
    ### BEGIN SOLUTION
    return [
        random_weight((CHANNEL_1, 3, 5, 5)),
        zero_weight((CHANNEL_1,)),
        random_weight((CHANNEL_2, CHANNEL_1, 3, 3)),
        zero_weight((CHANNEL_2,)),
        random_weight((CHANNEL_2 * 32 * 32, NUM_CLASSES)),
        zero_weight((NUM_CLASSES,)),
    ]
    ### END SOLUTION


# --- Part 3: nn.Module ------------------------------------------------------------------------------------------------------------
# --- Given: a two-layer net, the training loop


class TwoLayerFC(nn.Module):
    """linear - ReLU - linear: scores (N, num_classes) of x (N, ...) with input_size numbers an example."""

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, num_classes)
        nn.init.kaiming_normal_(self.fc1.weight)
        nn.init.kaiming_normal_(self.fc2.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.relu(self.fc1(flatten(x))))


def make_two_layer_run() -> tuple[nn.Module, torch.optim.Optimizer]:
    """A `TwoLayerFC` for CIFAR-10 (12,332,010 parameters) and its optimizer, SGD with learning rate 1e-2."""
    model = TwoLayerFC(3 * 32 * 32, HIDDEN, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=1e-2)


@torch.no_grad()
def check_accuracy_part34(loader: DataLoader, model: nn.Module) -> float:
    """The percentage of the loader's images that `model`, in eval mode, scores highest in the right class; prints it, too."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    correct = total = 0
    for x, y in loader:
        predicted = model(x.to(device)).argmax(dim=1)  # (N, C) -> (N,)
        correct += int((predicted == y.to(device)).sum())
        total += len(y)
    model.train(was_training)
    percent = 100.0 * correct / total
    print(f"{correct} of {total} right ({percent:.2f} %)")
    return percent


def train_part34(model: nn.Module, optimizer: torch.optim.Optimizer, epochs: int = 1, loaders: Loaders | None = None) -> float:
    """Train `model` with `optimizer` on the cross-entropy of its scores; returns the last epoch's validation accuracy in percent.

    loaders: training, validation and test data; CIFAR-10 if not given
    """
    train, validation, _ = loaders or cifar10_loaders()
    device = training_device()
    model.to(device)  # in place: the optimizer's parameters are still the model's
    percent = math.nan
    for epoch in range(epochs):
        model.train()
        for step, (x, y) in enumerate(train):
            loss = F.cross_entropy(model(x.to(device)), y.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % PRINT_EVERY == 0:
                print(f"epoch {epoch}, step {step}: loss {loss.item():.4f}")
        percent = check_accuracy_part34(validation, model)
    return percent


# --- Yours: Q3, Q4, Q5


class ThreeLayerConvNet(nn.Module):
    """The net of Q1 as a module: conv 5x5 (zero padding 2) - ReLU - conv 3x3 (zero padding 1) - ReLU - flatten - linear.

    For images of 32x32 pixels with in_channel channels.
    """

    def __init__(self, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> None:
        """Q3. Two `nn.Conv2d` and one `nn.Linear`, six parameter tensors in all.

        The weights start from Kaiming's normal values (`nn.init.kaiming_normal_`): mean 0, standard deviation sqrt(2 / fan-in).
        """
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channel, channel_1, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, kernel_size=3, padding=1)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Q4. Raw scores (N, num_classes) of x (N, in_channel, 32, 32)."""
        ### BEGIN SOLUTION
        x = F.relu(self.conv1(x))  # (N, in_channel, 32, 32) -> (N, channel_1, 32, 32)
        x = F.relu(self.conv2(x))  # -> (N, channel_2, 32, 32)
        return self.fc(flatten(x))  # -> (N, channel_2 * 1024) -> (N, num_classes)
        ### END SOLUTION


def make_three_layer_run() -> tuple[nn.Module, torch.optim.Optimizer]:
    """Q5. A `ThreeLayerConvNet` for CIFAR-10 and its optimizer, ready for `train_part34(model, optimizer)`.

    CHANNEL_1 and CHANNEL_2 filters (170,906 parameters); plain SGD with learning rate 3e-3: no momentum, no weight decay.
    returns: (model, optimizer)
    """
    ### BEGIN SOLUTION
    model = ThreeLayerConvNet(3, CHANNEL_1, CHANNEL_2, NUM_CLASSES)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3)
    ### END SOLUTION


# --- Part 4: nn.Sequential --------------------------------------------------------------------------------------------------------
# --- Given: a two-layer net


class Flatten(nn.Module):
    """`flatten` as a layer, for use in an `nn.Sequential`."""

    def forward(self, x: Tensor) -> Tensor:
        return flatten(x)


def make_two_layer_sequential_run() -> tuple[nn.Module, torch.optim.Optimizer]:
    """The two-layer net as an `nn.Sequential` (12,332,010 parameters), with SGD, learning rate 1e-2 and Nesterov momentum 0.9."""
    model = nn.Sequential(Flatten(), nn.Linear(3 * 32 * 32, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, NUM_CLASSES))
    return model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)


# --- Yours: Q6


def make_nesterov_run() -> tuple[nn.Module, torch.optim.Optimizer]:
    """Q6. The same ConvNet as an `nn.Sequential` of layers, and its optimizer, ready for `train_part34(model, optimizer)`.

    Layers, in this order: conv 5x5 (CHANNEL_1 filters, padding 2), ReLU, conv 3x3 (CHANNEL_2 filters, padding 1), ReLU, Flatten,
    Linear to 10 scores (170,906 parameters); torch's default initial values will do. The optimizer: SGD with learning rate 1e-2 and
    Nesterov momentum 0.9.
    returns: (model, optimizer)
    """
    ### BEGIN SOLUTION
    model = nn.Sequential(
        nn.Conv2d(3, CHANNEL_1, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.Conv2d(CHANNEL_1, CHANNEL_2, kernel_size=3, padding=1),
        nn.ReLU(),
        Flatten(),
        nn.Linear(CHANNEL_2 * 32 * 32, NUM_CLASSES),
    )
    return model, torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
    ### END SOLUTION


# --- Part 5: your own net ---------------------------------------------------------------------------------------------------------

### BEGIN SOLUTION


def conv_bn_relu(in_channels: int, out_channels: int) -> list[nn.Module]:
    """A 3x3 convolution that keeps the map's size, BatchNorm, ReLU. BatchNorm shifts by itself: the convolution needs no bias."""
    return [nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]


### END SOLUTION


def make_open_run() -> tuple[nn.Module, torch.optim.Optimizer]:
    """Q7. Any net and any optimizer of torch, ready for `train_part34(model, optimizer, epochs)` with at most 10 epochs.

    The model turns images (N, 3, 32, 32), of any N, into raw scores (N, 10). In eval mode a row depends on its own image alone.
    returns: (model, optimizer)
    """
    ### BEGIN SOLUTION
    model = nn.Sequential(
        *conv_bn_relu(3, 32),
        *conv_bn_relu(32, 32),
        nn.MaxPool2d(2),  # -> (N, 32, 16, 16)
        *conv_bn_relu(32, 64),
        *conv_bn_relu(64, 64),
        nn.MaxPool2d(2),  # -> (N, 64, 8, 8)
        *conv_bn_relu(64, 96),
        *conv_bn_relu(96, 96),
        nn.AdaptiveAvgPool2d(1),  # -> (N, 96, 1, 1)
        Flatten(),
        nn.Linear(96, NUM_CLASSES),
    )
    return model, torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5)
    ### END SOLUTION
