"""The checks without isolation: `student` is code imported into the very process that checks it, as common autograders do it.

Only for measuring what isolation costs. As a pytest plugin (`-p in_process`, with SUBMISSION in the environment) it stands in the place of
the grader's own.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.messages import Call, Fetch, Probe, Reference, Returned
from grader.sandbox.sources import define_probe
from grader.student import Link, Remote, Student

PLAIN = (bool, int, float, str, bytes, complex, set, dict, np.ndarray, np.generic, torch.Tensor, torch.dtype, type(None))


class DirectLink(Link):
    """Calls the functions themselves: nothing is copied, sent, or looked at."""

    def __init__(self, modules: Sequence[types.ModuleType]) -> None:
        super().__init__()
        self.modules = modules
        self.probes: dict[str, Any] = {}

    def ask(self, request: Fetch | Call | Probe) -> Any:
        return self.receive(self.reply(request).value)

    def reply(self, request: Fetch | Call | Probe) -> Returned:
        if isinstance(request, Fetch):
            return Returned(self.find(request.target))
        if isinstance(request, Probe):
            if request.name not in self.probes:
                self.probes[request.name] = define_probe(request.name, request.code)
            return Returned(self.probes[request.name](*request.args, **request.kwargs))
        value = self.find(request.target)(*request.args, **request.kwargs)
        return Returned(value, request.args, request.kwargs)

    def send(self, value: Any) -> Any:
        if isinstance(value, Remote):
            return self.find(object.__getattribute__(value, "_reference"))
        if isinstance(value, (list, tuple)):
            return type(value)(self.send(item) for item in value)
        if isinstance(value, dict):
            return {key: self.send(item) for key, item in value.items()}
        return value

    def receive(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self.receive(item) for item in value)
        return value if isinstance(value, PLAIN) else Remote(self, Reference("kept", value, type_name=type(value).__name__))

    def find(self, reference: Reference) -> Any:
        if reference.kind == "kept":
            value: Any = reference.root
        elif reference.kind == "library":
            value = importlib.import_module(str(reference.root))
        else:
            value = next(vars(module)[reference.root] for module in self.modules if reference.root in vars(module))
        for name in reference.path:
            value = getattr(value, name)
        return value


def student_at(folder: Path) -> Student:
    """The submission in a folder, imported here."""
    modules = []
    for path in sorted(folder.glob("*.py")):
        module = types.ModuleType(path.stem)
        sys.modules[path.stem] = module
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
        modules.append(module)
    return Student(DirectLink(modules))


def prepare() -> None:
    """What the grader's plugin sets for properties."""
    import hypothesis

    checks = list(hypothesis.HealthCheck)
    hypothesis.settings.register_profile(
        "grader", max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=checks
    )
    hypothesis.settings.load_profile("grader")


def seed() -> None:
    random.seed(1)
    np.random.seed(1)
    torch.default_generator.manual_seed(1)


def pytest_configure(config: pytest.Config) -> None:
    for marker in ("question(id, points)", "depends(*names)", "timeout(seconds)", "training(id)"):
        config.addinivalue_line("markers", marker)
    torch.set_num_threads(1)
    prepare()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the checks that train: minutes would hide milliseconds."""
    items[:] = [item for item in items if item.get_closest_marker("training") is None]


@pytest.fixture(scope="session")
def student() -> Student:
    return student_at(Path(os.environ["SUBMISSION"]))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    seed()
