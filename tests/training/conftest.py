"""A course with a homework that trains, on a data set that is made here and learned in a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from grader.classroom.grading import grade_class
from grader.datasets.store import add_arrays
from grader.homework.assignment import Assignment, load_assignment
from grader.intake.submission import Found
from grader.messages import CheckResult, Report
from grader.training.setup import prepare

from .calibrating import Pretended

TOML = """\
schema = 1
name = "learning"
title = "Learning"
files = ["work.py"]
points = 10

[limits]
seconds = 5

[[questions]]
id = "Q1"
title = "A network that learns"
points = 4
file = "work.py"
names = ["make_run"]

[[questions]]
id = "Q2"
title = "A loop that trains"
points = 6
file = "work.py"
names = ["Net", "train"]

[[training]]
id = "given"
question = "Q1"
data = "mnist"

[training.cpu]
train = 400
test = 100
epochs = 3
batch = 20
seconds = 20
thresholds = { net = 80 }
margin = 5
reruns = 2

[[training]]
id = "own"
question = "Q2"
data = "mnist"

[training.cpu]
train = 400
held_out = 50
test = 100
epochs = 2
batch = 20
seconds = 20
thresholds = { net = 80 }
"""

CHECKS = '''
import pytest

from grader import assert_equal


@pytest.mark.question("Q1", points=4)
@pytest.mark.training("given")
def test_net_learns(student, training):
    """The network of make_run learns."""
    training.learns(student.make_run)
    training.demand("net")


def train_it(data, net, train):
    data.networks = {"net": net()}
    return train(data.networks["net"], data.loader, data.held_out_loader, data.epochs)


@pytest.mark.question("Q2", points=3)
@pytest.mark.training("own")
def test_loop_trains(student, training):
    """Net, trained by train, learns."""
    training.own_loop(train_it, student.Net, student.train)
    training.demand("net")


@pytest.mark.question("Q2", points=3)
@pytest.mark.training("own")
def test_loop_counts(student, training):
    """train returns how many batches it took, and how many images are held out."""
    counted = training.own_loop(train_it, student.Net, student.train)
    assert_equal(counted, (40, 50), what="train(...)")
'''

REFERENCE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(28 * 28, 10)

    def forward(self, x):
        return self.fc(x.flatten(1))


def make_run():
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.003)


def train(net, loader, held_out, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    count = 0
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
            count += 1
    return count, sum(len(labels) for _, labels in held_out)
"""


STUB = """
def make_run():
    raise NotImplementedError


class Net:
    def __init__(self):
        raise NotImplementedError


def train(net, loader, held_out, epochs):
    raise NotImplementedError
"""


def made_up(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of ten classes: noise, and a bright bar at the class's height."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = random.integers(0, 120, (count, 1, 28, 28), dtype=np.uint8)
    for i, label in enumerate(labels):
        images[i, 0, 2 * label + 3 : 2 * label + 5] += 100
    return images, labels


def register(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Made-up images as mnist below `folder`/data, which GRADER_DATA names from now on."""
    patch.setenv("GRADER_DATA", str(folder / "data"))
    train, test = made_up(500, 1), made_up(120, 2)
    np.savez(folder / "own.npz", train_images=train[0], train_labels=train[1], test_images=test[0], test_labels=test[1])
    add_arrays("mnist", [folder / "own.npz"])
    key = folder / "data/secret.key"  # a known one: each run of the tests draws the same
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    return folder / "data"


def make_course(folder: Path) -> Assignment:
    """The course; nothing of it is calibrated."""
    course = folder / "course"
    for kind in ("assignments", "reference"):
        (course / kind / "learning").mkdir(parents=True)
    (course / "assignments/learning/assignment.toml").write_text(TOML, encoding="utf-8")
    (course / "assignments/learning/test_public.py").write_text(CHECKS, encoding="utf-8")
    (course / "assignments/learning/work.py").write_text(STUB, encoding="utf-8")
    (course / "reference/learning/work.py").write_text(REFERENCE, encoding="utf-8")
    return load_assignment("learning", course)


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return register(tmp_path, monkeypatch)


@pytest.fixture
def learning(tmp_path: Path) -> Assignment:
    return make_course(tmp_path)


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    return Pretended(monkeypatch)


def graded(
    assignment: Assignment,
    sources: dict[str, str],
    *,
    beside: dict[str, dict[str, bytes]] | None = None,
    lock_in: bool = True,
    train: bool = True,
    on_progress: Callable[[Found, str], None] = lambda _found, _text: None,
) -> dict[str, Report]:
    """Grade submissions: name -> report. `sources` are their work.py; `beside`: what else some of them hold, name -> file -> bytes."""
    course = assignment.folder.parent.parent
    for name, source in sources.items():
        (course / "class" / name).mkdir(parents=True)
        (course / "class" / name / "work.py").write_text(source, encoding="utf-8")
        for file, data in (beside or {}).get(name, {}).items():
            (course / "class" / name / file).write_bytes(data)
    setup = prepare(assignment, device="cpu") if train else None
    grades = grade_class(
        assignment, [course / "class"], course / "out", jobs=2, lock_in=lock_in, training=setup, on_progress=on_progress
    )
    return {report.submission.id: report for report in grades.reports}


def graded_once(
    factory: pytest.TempPathFactory, sources: dict[str, str], *, beside: dict[str, dict[str, bytes]] | None = None
) -> dict[str, Report]:
    """Grade submissions for all tests of a module, in a course of its own."""
    folder = factory.mktemp("learning")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        return graded(make_course(folder), sources, beside=beside)


def results(report: Report) -> dict[str, CheckResult]:
    return {check.name: check for question in report.questions for check in question.checks}
