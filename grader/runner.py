"""One submission in, one report out: pytest's collected checks, run again and again with another submission behind them.

A pytest session is opened once (`with_checks`); in it, `Checks.grade` runs every check on a submission. Collecting and importing the
checks costs seconds, running them milliseconds, so that a class is graded in one session a process.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import grader.plugin
from grader.checks import Check, demand_points_add_up
from grader.errors import AssignmentError, GraderError, MachineLacks, SubmissionError
from grader.homework.assignment import Assignment
from grader.intake.submission import Found, Submission, read_submission
from grader.messages import CheckResult, Environment, QuestionResult, Report, SubmissionInfo
from grader.opening import on_a_gpu, open_session
from grader.outcomes import Fault, Outcome
from grader.plugin import Grading, check_at, finish_check, grading_of
from grader.training.suspicion import suspicions

if TYPE_CHECKING:
    from grader.sandbox.client import ZygoteClient
    from grader.sandbox.session import Session
    from grader.student import Transport
    from grader.training.setup import Setup

_MAX_NOTES = 50  # about imports: a process can say of any number of cells that they failed
_MAX_NOTE = 2_500

__all__ = ["Checks", "grading_digest", "harness_digest", "unreadable_digest", "with_checks"]


class Checks:
    """The collected checks of an assignment, ready to run."""

    def __init__(self, session: pytest.Session, questions: Collection[str], training: Setup | None = None) -> None:
        self.grading: Grading = grading_of(session.config)
        self.assignment: Assignment = self.grading.assignment
        pairs = [(item, check) for item in session.items if (check := check_at(item)) is not None]
        self.all_checks = [check for _, check in pairs]
        self.grading.training = training
        pairs = [(item, check) for item, check in pairs if not questions or check.question in questions]
        self.left_out = [check for _, check in pairs if check.training and training is None]
        self.items = [item for item, check in pairs if check not in self.left_out]
        self.checks: list[Check] = [check for _, check in pairs if check not in self.left_out]

    def grade(self, found: Found, zygote: ZygoteClient, *, demand_lock: bool = True) -> Report:
        """The report on a submission. One that cannot be read has a report that says so, and no points either way."""
        try:
            submission = read_submission(found, self.assignment)
            return self.grade_submission(submission, zygote, demand_lock=demand_lock)
        except (SubmissionError, MachineLacks) as error:
            info = SubmissionInfo(found.id, unreadable_digest(error), ())
            return self._report(
                info,
                self._not_graded(error.fault, str(error)),
                _environment({}, (), self.grading, self.assignment),
                (*found.notes, str(error)),
            )

    def grade_submission(self, submission: Submission, zygote: ZygoteClient, *, demand_lock: bool = True) -> Report:
        """The report on a submission that has been read."""
        session = open_session(zygote, submission, self.assignment, demand_lock=demand_lock)
        self.grading.submission, self.grading.own_root = submission.digest, not zygote.wait_ready().problem
        self.grading.suspicions = suspicions(submission.files, _handed_out(self.assignment.folder)) if self.grading.training else ()
        self.grading.on_a_gpu = functools.partial(on_a_gpu, zygote, submission, self.assignment, session, demand_lock=demand_lock)
        self.grading.missing_on_a_gpu = set()
        try:
            results = self.run(session)
        finally:
            session.close()
        missing = tuple(f"isolation layer missing: {reason}" for reason in session.missing)
        notes = (
            *submission.notes,
            *(self.grading.training.notes if self.grading.training else ()),
            *islice(_import_notes(session), _MAX_NOTES),
            *missing,
            *(f"isolation layer missing on the GPU: {reason}" for reason in sorted(self.grading.missing_on_a_gpu)),
        )
        info = SubmissionInfo(submission.id, submission.digest, tuple(submission.files))
        environment = _environment(zygote.wait_ready().versions, session.layers, self.grading, self.assignment)
        return self._report(info, results, environment, notes)

    def run(self, transport: Transport) -> list[CheckResult]:
        """Run every check against the submission behind this transport."""
        self.grading.take(transport)
        for item, check, following in zip(self.items, self.checks, [*self.items[1:], None][: len(self.items)], strict=True):
            _run_check(item, check, following)
        return [self.grading.results[check.name] for check in self.checks]

    def _not_graded(self, fault: Fault, message: str) -> list[CheckResult]:
        return [
            CheckResult(c.name, c.title, Outcome.NOT_GRADED, 0.0, c.points, c.visibility, message=message, fault=fault)
            for c in self.checks
        ]

    def _report(
        self, info: SubmissionInfo, results: Sequence[CheckResult], environment: Environment, notes: tuple[str, ...]
    ) -> Report:
        questions = []
        for question in self.assignment.questions:
            own = tuple(r for r, check in zip(results, self.checks, strict=True) if check.question == question.id)
            ungraded = [r.max_points for r in own if r.outcome is Outcome.NOT_GRADED]
            untrained = [check.points for check in self.left_out if check.question == question.id]
            note = "Its training was not asked for here." if untrained else ""
            questions.append(
                QuestionResult(
                    id=question.id,
                    title=question.title,
                    score=_sum(r.points for r in own),
                    max_score=_sum(r.max_points for r in own if r.outcome is not Outcome.NOT_GRADED),
                    not_graded=_sum([*ungraded, *untrained]) if question.graded else question.points,
                    note=question.note or note,
                    checks=own,
                )
            )
        return Report(
            assignment=self.assignment.name,
            assignment_digest=self.assignment_digest,
            harness_digest=harness_digest(),
            submission=info,
            score=_sum(q.score for q in questions),
            max_score=_sum(q.max_score for q in questions),
            not_graded=_sum(q.not_graded for q in questions),
            questions=tuple(questions),
            environment=environment,
            notes=notes,
        )

    @functools.cached_property
    def assignment_digest(self) -> str:
        """Taken once: a file edited while a class is graded does not change what was collected."""
        return grading_digest(self.assignment, self.grading.training)


def grading_digest(assignment: Assignment, training: Setup | None) -> str:
    """SHA-256 of all of an assignment that a grade depends on: its files and, where it trains, the device and the data."""
    if not assignment.training:
        return assignment.digest
    return hashlib.sha256(f"{assignment.digest} {training.key if training else 'untrained'}".encode()).hexdigest()


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
    Raises `AssignmentError` where the checks cannot be
    collected, or, when all are taken, their points are not the questions'.
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
    if loop.error is not None:
        raise loop.error
    if not loop.ran:
        raise AssignmentError(f"the checks of {assignment.name} cannot be collected:\n{told.getvalue().strip()}")


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


def unreadable_digest(error: GraderError) -> str:
    """Stands for what cannot be read: while it stays unreadable in the same way, there is nothing new to report."""
    return hashlib.sha256(f"unreadable: {error}".encode()).hexdigest()


def _run_check(item: pytest.Item, check: Check, following: pytest.Item | None) -> None:
    """Set the item up, call it, tear it down: pytest's own protocol without its reports, which cost more than most checks."""
    item._initrequest()  # type: ignore[attr-defined]  # fresh fixtures: the item ran for the submission before
    error: BaseException | None = None
    began = time.perf_counter()
    try:
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - whatever a check ends with is classified
        error = raised
    finish_check(item, check, error, time.perf_counter() - began)
    item.ihook.pytest_runtest_teardown(item=item, nextitem=following)


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
        self.error: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
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


@functools.cache
def _handed_out(folder: Path) -> frozenset[bytes]:
    """What students received: in their own folders it says nothing about them."""
    return frozenset(path.read_bytes() for path in folder.iterdir() if path.suffix in (".py", ".ipynb"))


def _import_notes(session: Session) -> Iterator[str]:
    """What went wrong when the submission was imported: once for the whole report, not only in the checks that it broke."""
    for name, loaded in session.loaded.items():
        for label, failure in loaded.failures:
            if failure.outcome is not Outcome.NOT_ANSWERED:
                text = f"{label if label != name else name} could not be run to its end: {failure.summary}"
                yield text[:_MAX_NOTE]
        yield from (note[:_MAX_NOTE] for note in loaded.notes)
    for name, failure in session.stopped_loads.items():
        yield f"{name}: {failure.text}"


def _environment(versions: dict[str, str], layers: tuple[str, ...], grading: Grading, assignment: Assignment) -> Environment:
    limits = assignment.limits
    return Environment(
        torch=versions.get("torch", version("torch")),
        device=grading.training.device if grading.training else "cpu",
        sandbox=layers,
        seed=grading.seed,
        versions={"grader": grader.__version__, "python": platform.python_version(), **versions},
        limits={
            "seconds": limits.seconds,
            "import_seconds": limits.import_seconds,
            "memory_mb": float(limits.memory_mb),
            "processes": float(limits.processes),
        },
    )


def _sum(values: Iterator[float] | Collection[float]) -> float:
    return round(math.fsum(values), 6)


@functools.cache
def harness_digest() -> str:
    """SHA-256 over this package's sources and the versions of Python and torch: what else a grade depends on."""
    whole = hashlib.sha256(f"{platform.python_version()} {version('torch')}".encode())
    folder = Path(grader.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()
