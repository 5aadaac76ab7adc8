"""The checks of an assignment as pytest collected them: which question, how many points, what title; and whether they add up."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import math
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.errors import AssignmentError, UsageError
from grader.homework.assignment import Assignment
from grader.outcomes import Visibility

__all__ = ["Check", "check_of", "demand_points_add_up", "importable"]


class Check(NamedTuple):
    """What an item's markers and docstring say."""

    name: str
    title: str
    question: str
    points: float
    visibility: Visibility
    seconds: float
    depends: tuple[str, ...]
    training: str = ""  # the training that it judges


def check_of(item: pytest.Function, assignment: Assignment) -> Check:
    """Read a collected test. Raises `AssignmentError`, naming file and test, for one that cannot be graded."""
    where = f"{item.path.name}, {item.name}"
    marker = item.get_closest_marker("question")
    if marker is None or not marker.args:
        raise AssignmentError(f'{where}: a check needs @pytest.mark.question("Q1", points=...); it has none')
    try:
        question = assignment.question(str(marker.args[0]))
    except UsageError as error:
        raise AssignmentError(f"{where}: {error}") from error
    points = marker.kwargs.get("points")
    if isinstance(points, bool) or not isinstance(points, (int, float)) or not math.isfinite(points) or points <= 0:
        raise AssignmentError(f"{where}: question(..., points=...) has to be a number above 0; found {points!r}")
    title = (getattr(item.obj, "__doc__", None) or "").strip().splitlines()[:1]
    if not title:
        raise AssignmentError(f"{where}: a check needs a docstring; its first line is the title that students see")
    hidden = assignment.reference is not None and item.path.is_relative_to(assignment.reference)
    timeout = item.get_closest_marker("timeout")
    depends = item.get_closest_marker("depends")
    return Check(
        name=item.name,
        title=title[0],
        question=question.id,
        points=float(points),
        visibility=Visibility.HIDDEN if hidden else Visibility.PUBLIC,
        seconds=_seconds(timeout, where) or float(assignment.limits.seconds),
        depends=tuple(map(str, depends.args)) if depends else (),
        training=_training(item.get_closest_marker("training"), assignment, question.id, where),
    )


def _training(marker: pytest.Mark | None, assignment: Assignment, question: str, where: str) -> str:
    """What `training("both")` names: one of the assignment's, of the check's own question; empty where there is no such marker."""
    if marker is None:
        return ""
    known = {training.id: training.question for training in assignment.training}
    name = str(marker.args[0]) if marker.args else ""
    if known.get(name) != question:
        own = ", ".join(one for one, its in known.items() if its == question) or "none"
        raise AssignmentError(f"{where}: training({name!r}) names no [[training]] of {question}: expected one of its own ({own})")
    return name


def _seconds(marker: pytest.Mark | None, where: str) -> float:
    """What `timeout(2.5)` says, which pytest-timeout also reads as `timeout(timeout=2.5)`; 0 where there is none."""
    if marker is None:
        return 0.0
    seconds = marker.args[0] if marker.args else marker.kwargs.get("timeout")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or seconds <= 0:
        raise AssignmentError(f"{where}: timeout(...) has to be a number of seconds above 0; found {seconds!r}")
    return float(seconds)


def demand_points_add_up(checks: Sequence[Check], assignment: Assignment) -> None:
    """Raise `AssignmentError` unless each graded question's checks, public and hidden, have the question's points in sum."""
    names = [check.name for check in checks]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"two checks of {assignment.name} are called {name}: a report needs different names")
    for check in checks:
        unknown = [name for name in check.depends if name not in names]
        if unknown:
            raise AssignmentError(f"{check.name} depends on {unknown[0]}, and no check has that name")
    for question in assignment.questions:
        points = [check.points for check in checks if check.question == question.id]
        if not question.graded and points:
            raise AssignmentError(f"{question.id} of {assignment.name} is not graded, but it has {len(points)} checks")
        if question.graded and not math.isclose(math.fsum(points), question.points, abs_tol=1e-9):
            raise AssignmentError(
                f"{question.id} of {assignment.name} has {question.points:g} points, but its checks have {math.fsum(points):g}"
            )


@contextlib.contextmanager
def importable(path: Path) -> Iterator[None]:
    """In here, a file of checks can be imported by its name, as the one module that it is, whatever name pytest has given it."""
    name = path.stem
    known = next((module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == str(path)), None)
    before = sys.modules.pop(name, None)
    finder = _Finder(name, path)
    sys.meta_path.insert(0, finder)
    try:
        if known is not None:
            sys.modules[name] = known
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, in its file, if that is there: who does not ask for it does without."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self.name or not self.path.is_file():
            return None
        return importlib.util.spec_from_file_location(name, self.path)
