"""What the tests share: a zygote, and submissions made from text."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.messages import Load, Unit
from grader.sandbox.plan import Limits, Plan, readable_paths

pytest_plugins = ["pytester"]
collect_ignore = ["toy_course", "example_class", "right_solutions"]  # material, not tests

MakeSession = Callable[..., "object"]


@pytest.fixture(scope="session")
def zygote() -> Iterator[object]:
    """A locked-in zygote with tight limits."""
    from grader.sandbox.client import ZygoteProcess

    with tempfile.TemporaryDirectory() as root:
        limits = Limits(memory_mb=512, processes=24, scratch_mb=64)
        plan = Plan(root=root, readable=readable_paths(), hidden=(f"{os.getcwd()}/reference",), limits=limits)
        with ZygoteProcess(plan) as running:
            yield running


@pytest.fixture
def session_for(zygote: object) -> Iterator[MakeSession]:
    """`session_for(source)`: a started session with a submission of one file, `work.py`, closed after the test."""
    from grader.sandbox.session import Session

    opened = []

    def make(source: str, *, import_seconds: float = 10.0, name: str = "work") -> object:
        loads = (Load(name, (Unit(f"{name}.py", source),)),)
        session = Session(zygote, ((f"{name}.py", source.encode()),), loads, import_seconds)
        opened.append(session)
        session.start()
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def toy_course(tmp_path: Path) -> Path:
    """A course with one small homework, `toy`, to be edited at will. Tests name lines of its assignment.toml."""
    course = tmp_path / "course"
    shutil.copytree(Path(__file__).parent / "toy_course", course)
    return course
