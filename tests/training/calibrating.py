"""Calibrations without a training: runs that are made up, and judges that only pretend; and a mistake to calibrate with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from grader.authors.runs import Answer, Task
from grader.homework.assignment import Assignment
from grader.homework.training_table import Profile
from grader.training.calibration import Calibrated, Measured, with_chances
from grader.training.work import Work, work_of

MISTAKE = '''"""The network is never trained: the learning rate is 0."""

import torch
from torch import nn

QUESTION = "Q1"
FILE = "work.py"


def make_run():
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.0)
'''
GOOD = [95.0 + i / 10 for i in range(10)]


def calibrated(scores: list[float], **changes: object) -> Calibrated:
    profile = Profile(train=400, test=100, epochs=3, batch=20, thresholds={"net": 80.0}, margin=5, reruns=2, seconds=20)
    runs = tuple(Measured(i, {"net": score}, 1.0) for i, score in enumerate(scores))
    measured = msgspec.structs.replace(Calibrated({}, profile, Work("mnist", "0..1", ""), "", runs), **changes)
    return with_chances(measured, measured.profile)


def of_today(assignment: Assignment, training: str, measured: Calibrated) -> Calibrated:
    """The same, measured with the code of that training as it is now."""
    (found,) = (one for one in assignment.training if one.id == training)
    return msgspec.structs.replace(measured, work=work_of(assignment, found))


class Pretended:
    """Stands for the judges: each run ends at once, or the judge dies over it, where `dies` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[tuple[str, str, int, int]] = []
        self.dies: Callable[[Task], bool] = lambda _: False
        for module in ("calibrate", "reference_time"):
            monkeypatch.setattr(f"grader.authors.{module}.ask_judges", self)

    def __call__(
        self, assignment: Assignment, tasks: Sequence[Task], begin: Any, take: Any, *, if_lost: Any, jobs: int, **rest: Any
    ) -> None:
        for number, task in enumerate(tasks):
            self.made.append((task.training, task.mistake, task.seed, task.threads))
            score = 10.0 if task.mistake else 90.0 + task.seed % 7
            take(number, if_lost(task) if self.dies(task) else Answer(Measured(task.seed, {"net": score}, 0.5)))
