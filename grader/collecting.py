"""The checks of an assignment, collected by pytest once: a session that runs what is asked of it instead of pytest's own loop."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import grader.plugin
from grader.checks import demand_points_add_up
from grader.errors import AssignmentError
from grader.homework.assignment import Assignment
from grader.runner import Checks

if TYPE_CHECKING:
    from grader.training.setup import Setup

__all__ = ["with_checks"]

# plugins of pytest's own that would look at every check and have nothing to say about one
_NOT_NEEDED = (
    "cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "nose", "pastebin", "recwarn",
    "setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception", "unittest", "warnings",
)  # fmt: skip


def with_checks(
    assignment: Assignment,
    body: Callable[[Checks], None],
    *,
    hidden: bool = True,
    questions: Collection[str] = (),
    training: Setup | None = None,
) -> None:
    """Collect the assignment's checks and call `body` with them, inside a pytest session.

    `hidden=False` takes the public checks alone; `questions` limits them to some. Without `training`, those that train are left out.
    Raises `AssignmentError` where the checks cannot be collected, or, when all are taken, their points are not the questions'.
    """
    for name in questions:
        assignment.question(name)
    files = [assignment.public_checks, *([assignment.hidden_checks] if hidden and assignment.hidden_checks else [])]
    for file in files:
        if not file.is_file():
            raise AssignmentError(f"{assignment.name} has no {file.name}: expected {file}.")
    loop = _Loop(body, questions, training, complete=hidden and assignment.reference is not None)
    arguments = [*map(str, files), "-c", os.devnull, f"--rootdir={files[0].parent}", "--import-mode=importlib", "-q"]
    arguments += ["--capture=no", *(f"-pno:{name}" for name in _NOT_NEEDED)]
    told = io.StringIO()
    with _no_other_plugins(), _imported_anew(files), contextlib.redirect_stdout(told):
        pytest.main(arguments, plugins=[grader.plugin, loop])
    if isinstance(loop.error, pytest.UsageError):
        raise AssignmentError(f"the checks of {assignment.name} cannot be collected: {loop.error}") from loop.error
    if loop.error is not None:
        raise loop.error
    if loop.empty:
        names = " and ".join(file.name for file in files)
        raise AssignmentError(f"{assignment.name} has no checks: expected functions called test_... in {names}, found none.")
    if not loop.ran:
        raise AssignmentError(f"the checks of {assignment.name} cannot be collected:\n{told.getvalue().strip()}")


class _Loop:
    """A pytest plugin that runs `body` in the place of pytest's own loop."""

    def __init__(
        self, body: Callable[[Checks], None], questions: Collection[str], training: Setup | None, *, complete: bool
    ) -> None:
        self.body = body
        self.questions = questions
        self.training = training
        self.complete = complete
        self.ran = False
        self.empty = False
        self.error: BaseException | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Generator[None, object, object]:
        try:
            return (yield)
        except pytest.UsageError as error:  # pytest would write it to standard error, and go on to say that nothing ran
            self.error = error
            return pytest.ExitCode.USAGE_ERROR

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if excinfo.type is KeyboardInterrupt:  # and not pytest's own kinds of it, with which it ends itself
            self.error = excinfo.value

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.empty = not session.testsfailed and not session.items
        if session.testsfailed or not session.items:
            return False  # collection went wrong: pytest tells
        self.ran = True
        try:
            checks = Checks(session, self.questions, self.training)
            if self.complete:
                demand_points_add_up(checks.all_checks, checks.assignment)
            with contextlib.redirect_stdout(_terminal()):
                self.body(checks)
        except BaseException as error:  # noqa: BLE001 - raised again outside of pytest, which would turn it into its own words
            self.error = error
        return True


@contextlib.contextmanager
def _imported_anew(files: Collection[Path]) -> Iterator[None]:
    """Forget the modules of these files afterwards: every assignment's are called the same, and pytest takes the first that it finds."""
    try:
        yield
    finally:
        paths = {str(file) for file in files}
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in paths:
                del sys.modules[name]


def _terminal() -> io.TextIOBase:
    return sys.__stdout__ or io.StringIO()


@contextlib.contextmanager
def _no_other_plugins() -> Iterator[None]:
    """Grade with pytest and ours alone: what else is installed beside must not reorder, repeat or report."""
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    before = {key: os.environ.get(key) for key in (name, "PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    os.environ[name] = "1"
    for key in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(key, None)
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value
