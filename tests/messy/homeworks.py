"""Right solutions of the other homeworks, with what students leave around them: the course's own modules, training at top level."""

from __future__ import annotations

from pathlib import Path

from tests.messy.notebook import v4
from tests.messy.traps import Trap

_SOLUTIONS = Path(__file__).parents[1] / "right_solutions"


def clean(homework: str) -> dict[str, bytes]:
    """The solution that the homework's traps are made of."""
    return {path.name: path.read_bytes() for path in sorted((_SOLUTIONS / homework / "one").glob("*.py"))}


def _source(homework: str, file: str) -> str:
    return clean(homework)[file].decode()


def _as_notebook(homework: str, files: list[str], *more: str) -> bytes:
    """All files as cells of one notebook, without their imports from each other, and further cells."""
    modules = tuple(f"{kind} {Path(file).stem}" for file in files for kind in ("from", "import"))
    cells = []
    for file in files:
        lines = [line for line in _source(homework, file).split("\n") if not line.startswith(modules)]
        cells.append(("code", "\n".join(lines)))
    return v4([*cells, *(("code", source) for source in more)])


_TRAIN_CONVNET = """
import sys, os
sys.path.append(os.pardir)
import numpy as np
import matplotlib.pyplot as plt
from dataset.mnist import load_mnist

(x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
x_train, t_train = x_train[:5000], t_train[:5000]
assert x_train.shape == (5000, 1, 28, 28) and x_train.max() <= 1.0

max_epochs = 20
network = SimpleConvNet(input_dim=(1, 28, 28), hidden_size=100, output_size=10, weight_init_std=0.01)
trainer = Trainer(network, x_train, t_train, x_test, t_test, epochs=max_epochs, mini_batch_size=100,
                  optimizer='Adam', optimizer_param={'lr': 0.001}, evaluate_sample_num_per_epoch=1000)
trainer.train()

plt.plot(np.arange(max_epochs), np.arange(max_epochs), marker='o', label='train')
plt.savefig('accuracy.png')
"""

_BOOK = {
    "layers.py": (
        "# coding: utf-8\nfrom common.functions import *\nfrom common.util import im2col, col2im\n"
        + _source("numpy_convnet", "layers.py")
    ).encode(),
    "convnets.py": _source("numpy_convnet", "convnets.py")
    .replace(
        "from layers import *",
        "import sys, os\nsys.path.append(os.pardir)\nfrom common.layers import *\nfrom common.gradient import numerical_gradient",
    )
    .encode(),
    "trainer.py": (
        f"from common.optimizer import *\n{_source('numpy_convnet', 'trainer.py')}\nfrom convnets import SimpleConvNet\n{_TRAIN_CONVNET}"
    ).encode(),
}

_UTIL, _, _LAYERS = _source("numpy_convnet", "layers.py").partition("class Convolution")

_REPOSITORY = {
    "common/__init__.py": b"",
    "common/util.py": _UTIL.encode(),
    "common/layers.py": f"import numpy as np\nfrom common.util import *\n\n\nclass Convolution{_LAYERS}".encode(),
    "common/trainer.py": (
        f"import sys, os\nsys.path.append(os.pardir)\nimport common.layers\n{_source('numpy_convnet', 'trainer.py')}"
    ).encode(),
    "ch07/simple_convnet.py": _source("numpy_convnet", "convnets.py")
    .replace(
        "from layers import *",
        "import sys, os\nsys.path.append(os.pardir)\nfrom common import layers\nfrom common.layers import *\nfrom pictures import show",
    )
    .encode(),
    "ch07/pictures.py": b"def show(x):\n    return x\n",
    "ch07/train_convnet.py": f"from simple_convnet import *\nfrom common.trainer import Trainer\n{_TRAIN_CONVNET}".encode(),
    "dataset/mnist.py": b"def load_mnist(**_):\n    return open('mnist.pkl').read()\n",
}

_CLASSES = {text.partition("(")[0].partition(":")[0].strip(): f"class{text}" for text in f" Convolution{_LAYERS}".split("\nclass")}
_MORE = {"SoftmaxWithLoss": "from Affine import cross_entropy_error, softmax\n"}  # which stand below Affine in the one file
_A_FILE_EACH = {
    "util.py": _UTIL.encode(),
    **{
        f"{name}.py": f"import numpy as np\nfrom util import *\n{_MORE.get(name, '')}\n\n{text}\n".encode()
        for name, text in _CLASSES.items()
    },
    "SimpleConvNet.py": _source("numpy_convnet", "convnets.py")
    .replace(
        "from layers import *",
        "\n".join(f"from {name} import {name}" for name in _CLASSES if name != "Relu") + "\nfrom Relu import *",
    )
    .encode(),
    "main.py": f"from SimpleConvNet import SimpleConvNet\n{_source('numpy_convnet', 'trainer.py')}\n{_TRAIN_CONVNET}".encode(),
}

NUMPY: dict[str, Trap] = {
    "a file each": Trap(
        _A_FILE_EACH,
        notes=(
            "util.py stands in for layers.py (not there).",
            "SimpleConvNet.py stands in for convnets.py (not there).",
            "main.py stands in for trainer.py (not there).",
            "were taken as well, for Affine, Convolution, Pooling, Relu and SoftmaxWithLoss.",
        ),
        silent=("Error",),
    ),
    "folders as the book has them": Trap(
        _REPOSITORY,
        notes=("layers.py was found as common/layers.py.", "ch07/simple_convnet.py stands in for convnets.py (not there)."),
        silent=("Error", "not handed in"),
    ),
    "files of the book's": Trap(
        _BOOK, notes=("not handed in: common.functions, common.util; what is imported from there is looked for",), silent=("Error",)
    ),
    "one notebook": Trap(
        {
            "ch07.ipynb": _as_notebook(
                "numpy_convnet",
                ["layers.py", "convnets.py", "trainer.py"],
                "from common.util import smooth_curve",
                _TRAIN_CONVNET,
                "network.save_params('params.pkl')\nprint('Saved Network Parameters!')",
            )
        },
        silent=("Error",),
    ),
}

_TRAIN_RESNET = """
import torchvision
from torchvision import transforms, datasets
from torch.utils.data import DataLoader

device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
trainset = datasets.MNIST('./data', train=True, download=True, transform=transforms.ToTensor())
testset = datasets.MNIST('./data', train=False, transform=transforms.ToTensor())
train_loader, test_loader = make_loaders(trainset, testset)
assert len(train_loader) == 235 and trainset.data.shape == (60000, 28, 28) and len(trainset.targets) == 60000
model = mnist_resnet18().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
losses = train(model, train_loader, optimizer, torch.nn.CrossEntropyLoss(), 10, device)
print('%.2f%%' % evaluate(model, test_loader, device))
print(f'loss {losses[-1]:.3f}')
"""

RESNET: dict[str, Trap] = {
    "one notebook": Trap(
        {
            "mnist 과제.ipynb": _as_notebook(
                "mnist_resnet", ["data.py", "training.py", "backprop.py", "resnet.py"], "import torch", _TRAIN_RESNET
            )
        },
        silent=("Error",),
    ),
    "training at the end of a file": Trap(
        {
            **clean("mnist_resnet"),
            "training.py": (
                _source("mnist_resnet", "training.py")
                + "\nimport torch\nfrom data import make_loaders\nfrom resnet import mnist_resnet18\n"
                + _TRAIN_RESNET
            ).encode(),
        },
        silent=("Error",),
    ),
}

_TRAIN_FASHION = """
import torchvision, torchvision.transforms as transforms
import matplotlib.pyplot as plt
train_set = torchvision.datasets.FashionMNIST("./data", download=True, transform=transforms.Compose([transforms.ToTensor()]))
test_set = torchvision.datasets.FashionMNIST("./data", download=True, train=False, transform=transforms.Compose([transforms.ToTensor()]))
train_loader = torch.utils.data.DataLoader(train_set, batch_size=100)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=100)
image, label = next(iter(train_set))
plt.imshow(image.squeeze(), cmap="gray")
print(label, train_set.classes[label])
net = FashionCNN().cuda()
losses, iterations, accuracies = train_and_track(net, train_loader, test_loader, 5)
plt.plot(iterations, losses)
plt.title(f"best {max(accuracies, default=0):.1f}")
for images, labels in test_loader:
    print(net(images).shape)
"""

FASHION: dict[str, Trap] = {
    "one notebook": Trap(
        {
            "fashion.ipynb": _as_notebook(
                "fashion_cnn", ["conv_by_hand.py", "models.py", "training.py"], "%matplotlib inline\nimport torch", _TRAIN_FASHION
            )
        },
        silent=("Error",),
    ),
}
