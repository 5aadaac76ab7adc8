"""The homework `cifar10_convnets` as a course's notebook has it: everything at top level. And the same code as a clean file."""

from __future__ import annotations

from tests.messy.notebook import Cells

MOUNT = """\
# This mounts the drive of the virtual machine.
from google.colab import drive
drive.mount('/content/drive', force_remount=True)

FOLDERNAME = None
assert FOLDERNAME is not None, "[!] Enter the folder."

import sys
sys.path.append('/content/drive/My Drive/{}'.format(FOLDERNAME))

%cd /content/drive/My\\ Drive/$FOLDERNAME/datasets/
!bash get_datasets.sh
%cd /content/drive/My\\ Drive/$FOLDERNAME"""

IMPORTS = """\
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader
from torch.utils.data import sampler

import torchvision.datasets as dset
import torchvision.transforms as T

import numpy as np
import matplotlib.pyplot as plt
%matplotlib inline

USE_GPU = True
dtype = torch.float32

if USE_GPU and torch.cuda.is_available():
    device = torch.device('cuda')
else:
    device = torch.device('cpu')

print_every = 10000
print('using device:', device)"""

DATA = """\
NUM_TRAIN = 49000
transform = T.Compose([T.ToTensor(), T.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))])

cifar10_train = dset.CIFAR10('./datasets', train=True, download=True, transform=transform)
loader_train = DataLoader(cifar10_train, batch_size=64, sampler=sampler.SubsetRandomSampler(range(NUM_TRAIN)))

cifar10_val = dset.CIFAR10('./datasets', train=True, download=True, transform=transform)
loader_val = DataLoader(cifar10_val, batch_size=64, sampler=sampler.SubsetRandomSampler(range(NUM_TRAIN, 50000)))

cifar10_test = dset.CIFAR10('./datasets', train=False, download=True, transform=transform)
loader_test = DataLoader(cifar10_test, batch_size=64)"""

FLATTEN = """\
def flatten(x):
    N = x.shape[0]
    return x.view(N, -1)

def test_flatten():
    x = torch.arange(12).view(2, 1, 3, 2)
    print('before', x)
    print('after', flatten(x))

test_flatten()"""

TWO_LAYERS = """\
import torch.nn.functional as F

def two_layer_fc(x, params):
    x = flatten(x)
    w1, w2 = params
    return F.relu(x.mm(w1)).mm(w2)

def two_layer_fc_test():
    x = torch.zeros((64, 50), dtype=dtype)
    scores = two_layer_fc(x, [torch.zeros((50, 42), dtype=dtype), torch.zeros((42, 10), dtype=dtype)])
    print(scores.size())

two_layer_fc_test()"""

CONVNET = """\
def three_layer_convnet(x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    scores = None
    x = F.relu(F.conv2d(x, conv_w1, conv_b1, padding=2))
    x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=1))
    scores = flatten(x).mm(fc_w) + fc_b
    return scores"""

CONVNET_TEST = """\
def three_layer_convnet_test():
    x = torch.zeros((64, 3, 32, 32), dtype=dtype)
    params = [torch.zeros((6, 3, 5, 5)), torch.zeros((6,)), torch.zeros((9, 6, 3, 3)), torch.zeros((9,)),
              torch.zeros((9 * 32 * 32, 10)), torch.zeros(10)]
    print(three_layer_convnet(x, params).size())
three_layer_convnet_test()"""

WEIGHTS = """\
def random_weight(shape):
    if len(shape) == 2:
        fan_in = shape[0]
    else:
        fan_in = np.prod(shape[1:])
    w = torch.randn(shape, device=device, dtype=dtype) * np.sqrt(2. / fan_in)
    w.requires_grad = True
    return w

def zero_weight(shape):
    return torch.zeros(shape, device=device, dtype=dtype, requires_grad=True)

random_weight((3, 5))"""

CHECK_2 = """\
def check_accuracy_part2(loader, model_fn, params):
    split = 'val' if loader.dataset.train else 'test'
    print('Checking accuracy on the %s set' % split)
    num_correct, num_samples = 0, 0
    with torch.no_grad():
        for x, y in loader:
            x = x.to(device=device, dtype=dtype)
            y = y.to(device=device, dtype=torch.int64)
            _, preds = model_fn(x, params).max(1)
            num_correct += (preds == y).sum()
            num_samples += preds.size(0)
        print('Got %d / %d' % (num_correct, num_samples))"""

TRAIN_2 = """\
def train_part2(model_fn, params, learning_rate):
    for t, (x, y) in enumerate(loader_train):
        x = x.to(device=device, dtype=dtype)
        y = y.to(device=device, dtype=torch.long)
        loss = F.cross_entropy(model_fn(x, params), y)
        loss.backward()
        with torch.no_grad():
            for w in params:
                w -= learning_rate * w.grad
                w.grad.zero_()
        if t % print_every == 0:
            check_accuracy_part2(loader_val, model_fn, params)"""

RUN_TWO_LAYERS = """\
hidden_layer_size = 4000
learning_rate = 1e-2
w1 = random_weight((3 * 32 * 32, hidden_layer_size))
w2 = random_weight((hidden_layer_size, 10))
train_part2(two_layer_fc, [w1, w2], learning_rate)"""

RUN_CONVNET = """\
learning_rate = 3e-3
channel_1 = 32
channel_2 = 16
conv_w1 = None
conv_b1 = None
conv_w1 = random_weight((channel_1, 3, 5, 5))
conv_b1 = zero_weight(channel_1)
conv_w2 = random_weight((channel_2, channel_1, 3, 3))
conv_b2 = zero_weight(channel_2)
fc_w = random_weight((channel_2 * 32 * 32, 10))
fc_b = zero_weight(10)
params = [conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b]
train_part2(three_layer_convnet, params, learning_rate)"""

TWO_LAYER_MODULE = """\
class TwoLayerFC(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        nn.init.kaiming_normal_(self.fc1.weight)
        self.fc2 = nn.Linear(hidden_size, num_classes)
        nn.init.kaiming_normal_(self.fc2.weight)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(flatten(x))))"""

CONVNET_MODULE = """\
class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        nn.init.kaiming_normal_(self.conv1.weight)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        nn.init.kaiming_normal_(self.conv2.weight)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        nn.init.kaiming_normal_(self.fc.weight)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.fc(flatten(x))"""

CONVNET_MODULE_TEST = """\
def test_ThreeLayerConvNet():
    x = torch.zeros((64, 3, 32, 32), dtype=dtype)
    model = ThreeLayerConvNet(in_channel=3, channel_1=12, channel_2=8, num_classes=10)
    print(model(x).size())
test_ThreeLayerConvNet()"""

CHECK_34 = """\
def check_accuracy_part34(loader, model):
    num_correct, num_samples = 0, 0
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            x = x.to(device=device, dtype=dtype)
            y = y.to(device=device, dtype=torch.long)
            _, preds = model(x).max(1)
            num_correct += (preds == y).sum()
            num_samples += preds.size(0)
        print('Got %d / %d' % (num_correct, num_samples))"""

TRAIN_34 = """\
def train_part34(model, optimizer, epochs=1):
    model = model.to(device=device)
    for e in range(epochs):
        for t, (x, y) in enumerate(loader_train):
            model.train()
            x = x.to(device=device, dtype=dtype)
            y = y.to(device=device, dtype=torch.long)
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if t % print_every == 0:
                check_accuracy_part34(loader_val, model)"""

RUN_TWO_LAYER_MODULE = """\
hidden_layer_size = 4000
learning_rate = 1e-2
model = TwoLayerFC(3 * 32 * 32, hidden_layer_size, 10)
optimizer = optim.SGD(model.parameters(), lr=learning_rate)

train_part34(model, optimizer)"""

RUN_MODULE = """\
learning_rate = 3e-3
channel_1 = 32
channel_2 = 16

model = None
optimizer = None
model = ThreeLayerConvNet(3, channel_1, channel_2, 10)
optimizer = optim.SGD(model.parameters(), lr=learning_rate)

train_part34(model, optimizer)"""

RUN_TWO_LAYER_SEQUENTIAL = """\
class Flatten(nn.Module):
    def forward(self, x):
        return flatten(x)

hidden_layer_size = 4000
learning_rate = 1e-2

model = nn.Sequential(Flatten(), nn.Linear(3 * 32 * 32, hidden_layer_size), nn.ReLU(), nn.Linear(hidden_layer_size, 10))
optimizer = optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True)

train_part34(model, optimizer)"""

RUN_SEQUENTIAL = """\
channel_1 = 32
channel_2 = 16
learning_rate = 1e-2

model = None
optimizer = None
model = nn.Sequential(
    nn.Conv2d(3, channel_1, 5, padding=2),
    nn.ReLU(),
    nn.Conv2d(channel_1, channel_2, 3, padding=1),
    nn.ReLU(),
    Flatten(),
    nn.Linear(channel_2 * 32 * 32, 10),
)
optimizer = optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True)

train_part34(model, optimizer)"""

RUN_OPEN = """\
model = None
optimizer = None

def block(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(), nn.MaxPool2d(2))

model = nn.Sequential(block(3, 16), block(16, 32), nn.Flatten(), nn.Linear(32 * 8 * 8, 10))
optimizer = optim.Adam(model.parameters(), lr=2e-3)

train_part34(model, optimizer, epochs=10)"""

TEST_SET = """\
best_model = model
check_accuracy_part34(loader_test, best_model)"""


def whole() -> Cells:
    """The notebook as it is meant to be handed in."""
    return [
        ("code", MOUNT),
        ("markdown", "# Introduction to PyTorch\n\nFrom your own code to a framework."),
        (
            "markdown",
            "# Table of Contents\n\n1. Part I, Preparation\n2. Part II, Barebones PyTorch\n3. Part V, open-ended challenge",
        ),
        ("code", IMPORTS),
        ("markdown", "# Part I. Preparation\n\nThe data."),
        ("code", DATA),
        ("markdown", "# Part II. Barebones PyTorch\n\nAs we will see in Part III, ..."),
        ("code", FLATTEN),
        ("markdown", "### Barebones PyTorch: Two-Layer Network"),
        ("code", TWO_LAYERS),
        ("markdown", "### Barebones PyTorch: Three-Layer ConvNet"),
        ("code", CONVNET),
        ("code", CONVNET_TEST),
        ("markdown", "### Barebones PyTorch: Initialization"),
        ("code", WEIGHTS),
        ("code", CHECK_2),
        ("code", TRAIN_2),
        ("code", RUN_TWO_LAYERS),
        ("code", RUN_CONVNET),
        ("markdown", "# Part III. PyTorch Module API\n\n### Module API: Two-Layer Network"),
        ("code", TWO_LAYER_MODULE),
        ("code", CONVNET_MODULE),
        ("code", CONVNET_MODULE_TEST),
        ("code", CHECK_34),
        ("code", TRAIN_34),
        ("code", RUN_TWO_LAYER_MODULE),
        ("markdown", "### Module API: Train a Three-Layer ConvNet"),
        ("code", RUN_MODULE),
        (
            "markdown",
            "# Part IV. PyTorch Sequential API\n\nPart III took three steps, this takes one.\n\n### Sequential API: Two-Layer Network",
        ),
        ("code", RUN_TWO_LAYER_SEQUENTIAL),
        ("markdown", "### Sequential API: Three-Layer ConvNet"),
        ("code", RUN_SEQUENTIAL),
        ("markdown", "# Part V. CIFAR-10 open-ended challenge\n\n### Things you might try:\n- Filter size"),
        ("code", RUN_OPEN),
        ("markdown", "## Describe what you did"),
        ("markdown", "## Test set -- run this only once"),
        ("code", TEST_SET),
    ]


def cells() -> Cells:
    """The same with smaller two-layer nets, which are given and ask for nothing: to be made often, it should be made fast."""
    return [(kind, source.replace("hidden_layer_size = 4000", "hidden_layer_size = 40")) for kind, source in whole()]


def replaced(old: str, new: str, *, times: int = 1) -> Cells:
    """The notebook with a text replaced in its cells; the text has to be there so many times."""
    made = cells()
    assert sum(source.count(old) for _, source in made) == times, f"{old!r} is not there {times} times"
    return [(kind, source.replace(old, new)) for kind, source in made]


def clean_file() -> str:
    """The same code as the file that the homework asks for."""
    given = [IMPORTS.replace("%matplotlib inline\n", "").replace("import matplotlib.pyplot as plt\n", ""), FLATTEN]
    parts = [*given, TWO_LAYERS, CONVNET, WEIGHTS, CONVNET_MODULE]
    flatten = RUN_TWO_LAYER_SEQUENTIAL.partition("\n\n")[0]
    functions = {
        "three_layer_parameters": (RUN_CONVNET, "params"),
        "make_three_layer_run": (RUN_MODULE, "model, optimizer"),
        "make_nesterov_run": (RUN_SEQUENTIAL, "model, optimizer"),
        "make_open_run": (RUN_OPEN, "model, optimizer"),
    }
    parts.append(flatten)
    for name, (source, given_back) in functions.items():
        lines = [line for line in source.split("\n") if not line.startswith("train_part")]
        parts.append(f"def {name}():\n" + "\n".join(f"    {line}" for line in [*lines, f"return {given_back}"]))
    return "\n\n\n".join(parts) + "\n"
