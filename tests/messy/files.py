"""`.py` files of `lenet_and_losses` as editors, archives and browsers leave them: the same code every time, in other bytes."""

from __future__ import annotations

import base64
import random
from pathlib import Path

from tests.messy.notebook import as_colab_saves_it, as_jupyter_saves_it, v4
from tests.messy.traps import Trap

_CLEAN = Path(__file__).parents[1] / "example_class" / "kim_minjun"
NETS = (_CLEAN / "nets.py").read_text(encoding="utf-8")
LOSSES = (_CLEAN / "losses.py").read_text(encoding="utf-8")
CLEAN = {"nets.py": NETS.encode(), "losses.py": LOSSES.encode()}

_KOREAN = "# 소프트맥스와 손실 함수\nAUTHOR = '김민준'\n"
_PICTURE = base64.b64encode(random.Random(1).randbytes(75_000)).decode()
_LINES = LOSSES.count("\n") + 1  # of the file, and one blank line
NO_LOSSES = {"Q5": 0.0, "Q6": 0.0}


def _losses(text: str, *, encoding: str = "utf-8") -> dict[str, bytes]:
    return {**CLEAN, "losses.py": text.encode(encoding)}


def _ending(text: str) -> dict[str, bytes]:
    """`losses.py` with something at its end, on the line `_LINES + 1`."""
    return _losses(f"{LOSSES}\n{text}\n")


_TRAINING = """
import torchvision
import torchvision.transforms as transforms
import matplotlib.pyplot as plt
import torch.optim as optim

transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
trainset = torchvision.datasets.CIFAR10(root='./data', train=True, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True, num_workers=2)
dataiter = iter(trainloader)
images, labels = next(dataiter)
plt.imshow(torchvision.utils.make_grid(images).permute(1, 2, 0))
plt.show()

device = torch.device('cuda:0')
net = CifarNet().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
for epoch in range(2):
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data[0].to(device), data[1].to(device)
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 2000 == 1999:
            print('[%d, %5d] loss: %.3f' % (epoch + 1, i + 1, running_loss / 2000))
torch.save(net.state_dict(), './cifar_net.pth')
"""

_CELLS = [
    ("markdown", "# 과제 1"),
    ("code", "%matplotlib inline\n!pip install torchsummary\nfrom google.colab import drive\ndrive.mount('/content/drive')"),
    ("code", NETS),
    ("markdown", "### 손실 함수"),
    ("code", LOSSES),
    ("code", "from torchsummary import summary\nsummary(CifarNet().cuda(), (3, 32, 32))\nplt.plot([1, 2])\n!nvidia-smi"),
    ("code", f'"""![plot](data:image/png;base64,{_PICTURE})"""'),
]

_LENET, _, _REST = NETS.partition("class CifarNet")
_NET = "class Net" + _LENET.partition("class Net")[2].partition("def training_step")[0]
_CLASS_BY_CLASS = """
dataiter = iter(trainloader)
images, labels = dataiter.next()
correct, total = [0.] * 10, [0.] * 10
for images, labels in trainloader:
    for label, right in zip(labels, torch.max(net(images), 1)[1] == labels):
        correct[label] += right.item()
        total[label] += 1
for i in range(10):
    print('%2d %%' % (100 * correct[i] / total[i]))
"""
_ONE_NAME = [
    ("code", f"{_LENET}\nnet = Net()\nprint(net)\nout = net(torch.randn(1, 1, 32, 32))"),
    ("code", _NET.replace("nn.Conv2d(1, 6, 5)", "nn.Conv2d(3, 6, 5)")),
    ("code", f"def train{_REST.partition('def train')[2]}".replace("CifarNet()", "Net()")),
    ("code", _TRAINING.replace("CifarNet()", "Net()")),
    ("code", _CLASS_BY_CLASS),
    ("code", LOSSES),
]

FILES: dict[str, Trap] = {
    "CRLF": Trap(_losses(LOSSES.replace("\n", "\r\n"))),
    "byte-order mark": Trap(_losses(_KOREAN + LOSSES, encoding="utf-8-sig")),
    "UTF-16": Trap(_losses(_KOREAN + LOSSES, encoding="utf-16"), notes=("losses.py was read as utf-16",)),
    "cp949": Trap(_losses(_KOREAN + LOSSES, encoding="cp949"), notes=("losses.py was read as cp949",)),
    "cp949, and it says so": Trap(_losses(f"# -*- coding: cp949 -*-\n{_KOREAN}{LOSSES}", encoding="cp949")),
    "a coding line that is wrong": Trap(_losses(f"# -*- coding: euc-kr -*-\n{_KOREAN}{LOSSES}")),
    "another file in cp949 imports it": Trap(
        {
            "nets.py": f"from losses import softmax\n{_KOREAN}{NETS}".encode("cp949"),
            "losses.py": (_KOREAN + LOSSES).encode("cp949"),
        },
        notes=("nets.py was read as cp949", "losses.py was read as cp949"),
    ),
    "a picture in a docstring": Trap(_losses(f'"""![plot](data:image/png;base64,{_PICTURE})"""\n{LOSSES}')),
    "Korean names": Trap({"과제1 (최종).ipynb": v4(_CELLS), "참고.txt": b""}, notes=("stands in for nets.py",)),
    "two classes of one name": Trap(
        {"LeNet_final.ipynb": v4(_ONE_NAME)},
        notes=(
            "Net: the class Net of cell 1, line 9 was taken, for it takes an input of 2×1×32×32.",
            "CifarNet: the class Net of cell 2, line 1 was taken, for it takes an input of 2×3×32×32.",
        ),
        silent=("Error",),
    ),
    "two classes of one name in a file": Trap(
        {
            "nets.py": "\n\n\n".join(source for _, source in _ONE_NAME[:3]).encode(),
            "losses.py": LOSSES.encode(),
        },
        notes=("Net: the class Net of nets.py, line 9 was taken",),
    ),
    "under the main guard as a whole": Trap(
        {
            "hw1.py": (
                "if __name__ == '__main__':\n"
                + "\n".join(f"    {line}" if line else "" for line in f"{NETS}\n{LOSSES}\n{_TRAINING}".split("\n"))
            ).encode()
        },
        notes=("hw1.py stands in for nets.py",),
        silent=("Error",),
    ),
    "exported by colab": Trap({"과제1.py": as_colab_saves_it(_CELLS).encode()}, notes=("과제1.py stands in for nets.py",)),
    "exported by jupyter": Trap(
        {"hw1_final.py": as_jupyter_saves_it(_CELLS).encode()}, notes=("hw1_final.py stands in for nets.py",)
    ),
    "lines of IPython in a file that another imports": Trap(
        {
            "nets.py": f"from losses import softmax\nfrom more import AUTHOR\n{NETS}".encode(),
            "losses.py": f"!pip install numpy\n{LOSSES}".encode(),
            "more.py": f"%matplotlib inline\n{_KOREAN}".encode("cp949"),
        }
    ),
    "lines of IPython left in": Trap(_losses(f"%matplotlib inline\n!pip install numpy\n{LOSSES}\n?softmax\n")),
    "training at the end of the file": Trap(
        {**CLEAN, "nets.py": (NETS + _TRAINING).encode()}, notes=("without effect: matplotlib",)
    ),
    "a loop at the end of the file": Trap(
        _ending("while True:\n    pass"), notes=("losses.py could not be run to its end: TimeoutError: stopped after 24 s",)
    ),
    "libraries that are not there, and options of a command line": Trap(
        _losses(
            "import nobodys_library as nl\nfrom nobodys_library.other import thing\nimport argparse\n"
            "parser = argparse.ArgumentParser()\nparser.add_argument('--epochs', type=int, default=10)\n"
            f"args = parser.parse_args()\nassert args.epochs == 10\n{LOSSES}"
        ),
        notes=(
            "losses.py could not be run to its end: ModuleNotFoundError: No module named 'nobodys_library' (losses.py, line 1",
            "losses.py could not be run to its end: ModuleNotFoundError: No module named 'nobodys_library' (losses.py, line 2",
        ),
    ),
    "Python 2": Trap(
        _ending('print "loss", 3'),
        NO_LOSSES,
        (
            f"SyntaxError: this is Python 2 (Missing parentheses in call to 'print'. Did you mean print(...)?): Python 3 is wanted "
            f'(losses.py, line {_LINES + 1}: print "loss", 3)',
        ),
    ),
    "Python 2, told late": Trap(
        _ending("for i in xrange(3):\n    pass"),
        notes=(
            f"this is Python 2 (name 'xrange' is not defined): Python 3 is wanted (losses.py, line {_LINES + 1}: for i in xrange(3):)",
        ),
    ),
    "a syntax error": Trap(
        _ending("def f(x):\n    return x +"),
        NO_LOSSES,
        (f"losses.py could not be run to its end: SyntaxError: invalid syntax (losses.py, line {_LINES + 2}: return x +)",),
    ),
    "many brackets": Trap(
        _ending(f"x = {'[' * 5000}{']' * 5000}"),
        NO_LOSSES,
        (f"SyntaxError: too many nested parentheses (losses.py, line {_LINES + 1}: x = [[",),
    ),
    "a very long sum": Trap(
        _ending(f"x = {' + '.join('1' * 100_000)}"),
        NO_LOSSES,
        (f"losses.py could not be run to its end: SyntaxError: nested too deeply to be read (losses.py, line {_LINES + 1})",),
    ),
    "very many minus signs": Trap(
        _ending(f"x = {'-' * 100_000}1"), NO_LOSSES, (f"SyntaxError: nested too deeply to be read (losses.py, line {_LINES + 1})",)
    ),
    "blocks in blocks": Trap(
        _ending("\n".join(f"{' ' * depth}if 1:" for depth in range(120)) + f"\n{' ' * 120}pass"),
        NO_LOSSES,
        ("losses.py could not be run to its end: IndentationError: too many levels of indentation (losses.py, line",),
    ),
}

# Nothing of these can be graded: no points on either side, and a sentence that says why.
UNREADABLE: dict[str, tuple[dict[str, bytes], str]] = {
    "null bytes": (
        _losses("x = 1\ny = '\0'\n"),
        "losses.py, line 2: expected text, found a null byte: save the file as text in UTF-8.",
    ),
    "null bytes in a notebook": (
        {"a.ipynb": v4([("code", NETS), ("code", "x = '\0'")])},
        "a.ipynb, cell 2: expected text, found a null byte: take it out of the cell.",
    ),
    "a notebook that is a web page": (
        {"a.ipynb": b"<!DOCTYPE html><html></html>"},
        "a.ipynb: expected a notebook, found something else",
    ),
    "200 MB": ({"losses.py": b"x = 1\n" * 35_000_000}, "losses.py"),
}
