"""What is noted for the instructor: by a look at the files, at a network before it is trained, and at what a run comes to."""

from __future__ import annotations

import base64
import errno
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.checkpoint import checkpoint

from grader.errors import MachineLacks
from grader.sandbox.watch import Watch
from grader.training.remarks import better_than_usual, knew_before, not_by_the_image_alone, seen_in_the_process
from grader.training.secret import draw, grained, permutation
from grader.training.suspicion import suspicions

from .conftest import REFERENCE

# --- files ------------------------------------------------------------------------------------------------------------------------

HONEST = """
import copy
import random
import ssl
import time

import grader
import numpy as np
import torch
import torchvision
from torch.utils.data import DataLoader

ssl._create_default_https_context = ssl._create_unverified_context
torch.backends.cudnn.deterministic = True
torch.manual_seed(0)
np.random.seed(0)
random.seed(0)
LABELS = ["T-shirt/top", "Trouser", "Pullover"]
RATES = [0.1, 0.01, 0.001] * 20


def train(net, loader, test_data, epochs):
    start = time.time()
    total_time = 0
    best = copy.deepcopy(net.state_dict())
    for images, labels in loader:
        net.train(True)
    total_time = time.time() - start
    net.load_state_dict(best)
    print(f"{total_time:.1f} s")  # ------------------------------------------------------------------------------------------
    torch.save(net.state_dict(), "net.pth")
    net.load_state_dict(torch.load("net.pth"))
    return net


grader.check("Q1")
"""


def test_of_an_honest_submission_nothing_is_said() -> None:
    """Seeds at top level, clocks that are read, weights that are saved and read again, pictures, and the homework's own files."""
    picture = b"\x89PNG\r\n" + bytes(300_000)
    given = b"from grader import probe\n"
    files = {"work.py": HONEST.encode(), "loss.png": picture, "report.pdf": b"%PDF-1.7" + bytes(900_000), "test_public.py": given}
    assert suspicions(files, {given}) == ()
    assert suspicions({"work.py": REFERENCE.encode(), "README.md": bytes(5_000)}) == ()


RANDOM = base64.b64encode(np.random.default_rng(3).bytes(7_000)).decode()


def in_lines(text: str) -> str:
    """In words of no more than twenty letters."""
    return "\n".join(" ".join(text[i + j : i + j + 20] for j in (0, 20)) for i in range(0, len(text), 40))


SIGNS = [
    ("import numpy as np\nw = np.load('w.txt')", "line 2 reads weights or data from a file: w = np.load('w.txt')"),
    ("from torch import load as get\nget('w.txt')", "line 2 reads weights or data from a file: get('w.txt')"),
    ("import base64\nbase64.b85decode(DATA)", "line 2 unpacks data that stand in the code or in a file: base64.b85decode(DATA)"),
    (
        "net = resnet18(weights='DEFAULT')",
        "line 1 asks for a network that was trained elsewhere: net = resnet18(weights='DEFAULT')",
    ),
    ("resnet18(weights=ResNet18_Weights.DEFAULT)", "line 1 asks for a network that was trained elsewhere: "),
    ("resnet18(pretrained=True)", "line 1 asks for a network that was trained elsewhere: resnet18(pretrained=True)"),
    (
        "import torch\ndef f():\n    torch.manual_seed(7)",
        "line 3 sets a seed, as many do; the batches' order and the labels of a run do not depend on it: torch.manual_seed(7)",
    ),
    (
        "import torch\nfor seed in range(9):\n    torch.manual_seed(seed)",
        "line 3 sets one seed after the other: is a lucky one being looked for?: torch.manual_seed(seed)",
    ),
    (
        "import time\ntime.time = lambda: 0",
        "line 2 may change the clock; time is taken outside of its process: time.time = lambda: 0",
    ),
    (
        "from torch import Tensor\nTensor.backward = f",
        "line 2 changes a library; what is scored are values alone: Tensor.backward = f",
    ),
    (
        "import numpy\nsetattr(numpy, 'load', f)",
        "line 2 changes a library; what is scored are values alone: setattr(numpy, 'load', f)",
    ),
    ("from grader.sandbox import loops", "line 1 names the grader's own modules: from grader.sandbox import loops"),
    ("import sys\nsys._getframe(1)", "line 2 looks around in the process that it runs in: sys._getframe(1)"),
    ("open('/proc/self/mem')", "line 1 looks around in the process that it runs in: open('/proc/self/mem')"),
    ("import os\nos.fork()", "line 2 starts a process or a thread of its own; its processor time counts: os.fork()"),
    ("DATA = '" + "0123456789abcdefABCDEF" * 300 + "'", "holds 7 KB of data in its code: weights or images?"),
    (
        "DATA = [\n" + "    '0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz',\n" * 100 + "]",
        "holds 6 KB of data in its code: weights or images?",
    ),
    (f'def f():\n    """Sums.\n\n{in_lines(RANDOM)}"""', "holds 8 KB of data in its code: weights or images?"),
    (in_lines(RANDOM).replace("\n", "\n# "), "holds 8 KB of data in its code: weights or images?"),
    (f'TABLE = """\n{in_lines(RANDOM.encode().hex())}"""', "holds 16 KB of data in its code: weights or images?"),
    (f"DATA = {[i / 7 for i in range(1500)]}", "holds 24 KB of data in its code: weights or images?"),
]


@pytest.mark.parametrize(("source", "sentence"), SIGNS)
def test_a_sign_is_told_with_its_line(source: str, sentence: str) -> None:
    """Once, for a file and for the cell of a notebook."""
    (found,) = suspicions({"work.py": source.encode(), "w.txt": b"1 2 3"})
    space = " " if sentence.startswith("holds") else ", "
    assert found.startswith(f"work.py{space}{sentence}")


def test_files_beside_the_code_are_told() -> None:
    """Weights of whatever size, parts of a data set, and much of anything else, even in small pieces."""
    many = {f"part{i:02}.dat": bytes(5_000) for i in range(30)}
    assert suspicions(
        {"net.pt": bytes(2_500), "data/raw/t10k-labels-idx1-ubyte": bytes(10_008), "small.txt": bytes(50), **many}
    ) == (
        "net.pt is a file of weights or data (2 KB): nothing that is trained here needs one.",
        "data/raw/t10k-labels-idx1-ubyte is a part of a data set (10 KB): the trainings here use their own.",
        "part00.dat and 30 more files hold 150 KB: weights or images?",
    )


def test_cells_of_a_notebook_are_looked_at() -> None:
    """By the cell's own place and line; what stands in outputs is no code."""
    notebook = (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "torch.load(1)"},'
        b'{"cell_type": "code", "source": ["import os\\n", "os.fork()"], "outputs": [{"text": "sys._getframe(1)"}]}]}'
    )
    assert suspicions({"work.ipynb": notebook}) == (
        "cell 2, line 2 starts a process or a thread of its own; its processor time counts: os.fork()",
    )


# --- networks ---------------------------------------------------------------------------------------------------------------------


def images_and_classes(count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 1, 8, 8) whose classes lie apart a little, and the classes (N,)."""
    generator = np.random.default_rng(3)
    classes = np.arange(count) % 10
    centres = generator.normal(128, 12, (10, 1, 8, 8))
    return np.clip(centres[classes] + generator.normal(0, 45, (count, 1, 8, 8)), 0, 255).astype(np.uint8), classes


def test_a_fresh_network_knows_nothing() -> None:
    """A random projection of the images keeps the classes apart worse than the pixels do; scores that are nan say nothing."""
    images, classes = images_and_classes()
    for seed in range(20):
        weight = np.random.default_rng(seed).normal(0, 1, (64, 10))
        scores = images.reshape(300, -1) @ weight  # (N, 64) x (64, 10) -> (N, 10)
        assert list(knew_before("net", scores, images, classes)) == []
    assert list(knew_before("net", np.full((300, 10), np.nan), images, classes)) == []


def test_layers_from_elsewhere_under_a_fresh_last_one_are_noted() -> None:
    """Its labels are random; the classes lie apart all the same."""
    images, classes = images_and_classes()
    generator = np.random.default_rng(4)
    features = np.eye(10)[classes] + generator.normal(0, 0.25, (300, 10))  # what a trained layer gives
    scores = 1e-3 * features @ generator.normal(0, 1, (10, 10)) + 5.0
    (note,) = knew_before("net", scores, images, classes)
    assert note.startswith("net keeps the classes apart before it has been trained: of 300 test images, ")
    assert note.endswith("Were some of its layers trained elsewhere?")
    (note,) = knew_before("net", features[:, ::-1], images, classes)
    assert note.startswith("net sorts 9")


def test_other_answers_when_an_image_comes_again_are_noted() -> None:
    """Four of two hundred may differ by rounding."""
    first = np.arange(200) % 10
    again = first.copy()
    again[:4] = 9
    assert list(not_by_the_image_alone("net", first, again)) == []
    again[:20] = 9
    (note,) = not_by_the_image_alone("net", first, again)
    assert note.startswith("net gave 18 of 200 test images another label when they came again, in another batch")


@pytest.mark.parametrize(
    ("percent", "best", "noted"),
    [(70.0, 35.0, True), (60.0, 35.0, False), (97.5, 90.0, False), (98.5, 90.0, True), (99.9, 94.0, False), (35.0, 35.0, False)],
)
def test_what_no_right_solution_reaches_is_noted(percent: float, best: float, noted: bool) -> None:
    """Half of the errors of the reference's best run, and eight points above it; without calibration nothing is known."""
    found = list(better_than_usual({"net": percent, "other": 99.0}, {"net": best}))
    assert bool(found) == noted
    if noted:
        assert found[0].startswith(f"net gets {percent:.1f} % right where the reference's best run got {best:.1f} %")


@pytest.mark.parametrize("facts", [None, "all is well", {"gradients": "many"}, {"gradients": True}, {}, {"gradients": -5}, [1, 2]])
def test_forged_facts_say_nothing(facts: object) -> None:
    """And trip nobody."""
    assert list(seen_in_the_process(facts, 100)) == []


def test_facts_are_told_in_sentences() -> None:
    """More gradients than steps, where the number of steps is given; gradients or changes while scored; many seeds."""
    facts = {"gradients": 400, "gradients while scored": 0, "changes while scored": 2, "seeds": 50}
    assert list(seen_in_the_process(facts, 100)) == [
        "gradients were asked for 400 times in a training of 100 steps: is more trained than was asked for?",
        "the network's weights changed while the test images were scored.",
        "50 different seeds were set in the run: is a lucky one being looked for?",
    ]
    assert list(seen_in_the_process({"gradients": 400, "seeds": 3}, None)) == []
    assert list(seen_in_the_process({"gradients": 150}, 100)) == []


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """One in this process, whose patches are taken back."""
    backward = "_engine_run_backward"
    for owner, name in (
        (torch.autograd, backward), (torch.autograd.graph, backward), (torch, "manual_seed"), (torch.random, "manual_seed"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, getattr(owner, name))
    for module in (np.random, random):
        monkeypatch.setattr(module, "seed", module.seed)
    return Watch()


def test_each_way_to_a_gradient_counts_once(watch: Watch) -> None:
    """backward, torch.autograd.grad, torch.func; one that is asked for within another is part of it."""
    x = torch.ones(2, 3, requires_grad=True)
    (x**2).sum().backward()
    torch.autograd.grad((x**3).sum(), x)
    torch.func.grad(lambda v: (v**2).sum())(torch.ones(3))
    checkpoint(torch.nn.Linear(3, 4), x, use_reentrant=True).sum().backward()
    torch.autograd.graph._engine_run_backward(
        ((x**4).sum(),), (torch.ones(()),), False, False, (x,), allow_unreachable=False, accumulate_grad=False
    )
    assert watch.facts() == {"gradients": 5, "gradients while scored": 0, "changes while scored": 0, "seeds": 0, "images": 0}
    assert [(step, float(loss)) for step, loss in watch.losses[:2]] == [(0, 6.0), (0, 6.0)]


def test_images_count_that_a_network_is_trained_on(watch: Watch) -> None:
    """In train mode with gradients; the most of any network; what is no network of torch's is left alone."""
    networks = {"a": torch.nn.Linear(3, 2), "b": torch.nn.Linear(3, 2), "c": len}
    for _ in range(2):
        watch.count_images(networks)
    for images in (4, 5):
        networks["a"](torch.ones(images, 3))
    networks["b"](torch.ones(2, 3))
    with torch.no_grad():
        networks["a"](torch.ones(100, 3))
    networks["a"].eval()(torch.ones(100, 3))
    assert watch.facts()["images"] == 9


def test_layers_that_get_their_shapes_late_do_not_count_as_changed(watch: Watch) -> None:
    """A first use while it is scored makes their weights; a change afterwards is one."""
    net = torch.nn.LazyLinear(10)
    with watch.scoring(net), torch.no_grad():
        net(torch.ones(2, 3))
    with watch.scoring(net), torch.no_grad():
        net(torch.ones(2, 3))
    assert watch.facts()["changes while scored"] == 0
    with watch.scoring(net), torch.no_grad():
        net.weight.add_(1.0)
    assert watch.facts()["changes while scored"] == 1


# --- what is drawn ----------------------------------------------------------------------------------------------------------------


def test_the_labels_of_a_run_cannot_be_computed_elsewhere(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn from this installation's key: the same here every time, another draw with another key."""
    first, again = (permutation(10, draw("both", 7, "digest")) for _ in range(2))
    assert (first == again).all()
    assert (first != np.arange(10)).all()
    assert (data_folder / "secret.key").stat().st_mode & 0o077 == 0
    others = []
    for name in ("a", "b", "c"):
        monkeypatch.setenv("GRADER_DATA", str(tmp_path / name))
        others.append(tuple(permutation(10, draw("both", 7, "digest"))))
        assert (tmp_path / name / "secret.key").stat().st_mode & 0o077 == 0
    assert len({*others, tuple(first)}) == 4


def test_a_key_that_cannot_be_read_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in its place, a link to nowhere, another user's file: what, expected, found, what to do; nothing is replaced."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    key = tmp_path / "secret.key"

    def refused(found: str) -> None:
        with pytest.raises(MachineLacks) as raised:
            draw("both", 7)
        assert str(raised.value) == (
            f"{key} cannot be read (expected a file that you may read, found: {found}): remove it, or set GRADER_DATA to a folder "
            "of your own."
        )

    key.mkdir()
    refused("Is a directory")
    key.rmdir()
    key.symlink_to(tmp_path / "nowhere")
    refused("No such file or directory")
    key.unlink()
    key.write_bytes(bytes(32))

    def not_yours(path: Path) -> bytes:  # root may read every file
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", not_yours)
    refused("Permission denied")
    assert key.stat().st_size == 32


@pytest.mark.parametrize("key", [b"", b"short"])
def test_a_key_that_others_could_guess_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bytes) -> None:
    """What a full disk or a careless hand leaves: nothing is drawn with it."""
    monkeypatch.setenv("GRADER_DATA", str(tmp_path))
    (tmp_path / "secret.key").write_bytes(key)
    with pytest.raises(MachineLacks, match=rf"secret\.key is damaged \(expected 32 bytes, found {len(key)}\): remove it"):
        draw("both", 1)


def test_a_key_that_cannot_be_written_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file lies where the folder would be."""
    (tmp_path / "data").write_text("in the way")
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "data"))
    with pytest.raises(MachineLacks, match=r"data/secret\.key cannot be written \(.*\): set GRADER_DATA to a folder that you may"):
        draw("both", 7)


def test_the_grain_is_fine_and_everywhere() -> None:
    """One pixel in ten, by one level; in each image, and never past black and white."""
    images = np.random.default_rng(5).integers(0, 256, (1_500, 1, 28, 28), dtype=np.uint8)
    images[:, :, :2], images[:, :, 2:4] = 0, 255
    changed = grained(images, np.random.default_rng(6)).astype(int)
    difference = np.abs(changed - images)
    assert difference.max() == 1
    assert (difference.reshape(1_500, -1).sum(axis=1) > 20).all()
    assert 0.08 < difference.mean() < 0.1


# --- what is said of it -----------------------------------------------------------------------------------------------------------


def test_every_test_that_the_trust_boundary_names_is_there() -> None:
    """Letters stand for files; what stands behind them, for a part of a test's name."""
    here = Path(__file__).parent
    files = {
        "K": "test_known_beforehand.py",
        "M": "test_more_than_asked.py",
        "L": "test_luck.py",
        "N": "test_nothing_learned.py",
        "R": "test_remarks.py",
        "T": "test_trainings.py",
    }
    text = (here.parents[1] / "docs/trust-boundary.md").read_text(encoding="utf-8")
    rows = [row.rstrip(" |").rpartition("|")[2] for row in text.partition("## Trainings")[2].splitlines() if row.startswith("| ")]
    named = [
        (file, name)
        for row in rows
        for file, names in re.findall(r"\b([KMLNRT]) ((?:`\w+`(?:, )?)+)", row)
        for name in re.findall(r"\w+", names)
    ]
    assert len(named) > 30
    for file, name in named:
        assert re.search(rf"^def test_\w*{name}", (here / files[file]).read_text(encoding="utf-8"), re.MULTILINE), (file, name)
