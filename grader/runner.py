"""One submission in, one report out: pytest's collected checks, run again and again with another submission behind them.

A pytest session is opened once (`collecting.with_checks`); in it, `Checks.grade` runs every check on a submission. Collecting and
importing the checks costs seconds, running them milliseconds, so that a class is graded in one session a process.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import platform
import time
from collections.abc import Collection, Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import grader.plugin
from grader.checks import Check
from grader.errors import GraderError, MachineLacks, SubmissionError
from grader.homework.assignment import Assignment
from grader.intake.submission import Found, Submission, read_submission
from grader.messages import CheckResult, Environment, QuestionResult, Report, SubmissionInfo
from grader.opening import on_a_gpu, open_session
from grader.outcomes import Fault, Outcome
from grader.plugin import Grading, begin_check, check_at, finish_check, grading_of, takes_student_alone
from grader.training.suspicion import suspicions

if TYPE_CHECKING:
    from grader.sandbox.client import ZygoteClient
    from grader.sandbox.session import Session
    from grader.student import Transport
    from grader.training.setup import Setup

_MAX_NOTES = 50  # about imports: a process can say of any number of cells that they failed
_MAX_NOTE = 2_500

__all__ = ["Checks", "grading_digest", "harness_digest", "unreadable_digest"]


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
        by_pytest = [item for item in self.items if not takes_student_alone(item)]
        following = dict(zip(by_pytest, [*by_pytest[1:], None][: len(by_pytest)], strict=True))
        for item, check in zip(self.items, self.checks, strict=True):
            if item in following:
                _run_by_pytest(item, check, following[item])
            else:
                _run(item, check)
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


def unreadable_digest(error: GraderError) -> str:
    """Stands for what cannot be read: while it stays unreadable in the same way, there is nothing new to report."""
    return hashlib.sha256(f"unreadable: {error}".encode()).hexdigest()


def _run_by_pytest(item: pytest.Item, check: Check, following: pytest.Item | None) -> None:
    """Set the item up, call it, tear it down: pytest's own protocol without its reports, which cost more than most checks."""
    # fresh fixtures, and a method's own object: the item ran for the submission before
    item._initrequest()  # type: ignore[attr-defined]
    if getattr(item, "cls", None) is not None:
        for name in ("_instance", "_obj"):
            vars(item).pop(name, None)
    with _finishing(item, check):
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
    item.ihook.pytest_runtest_teardown(item=item, nextitem=following)


def _run(item: pytest.Item, check: Check) -> None:
    """Call a check that takes the student alone: for many of these, pytest's protocol costs as much as the check."""
    assert isinstance(item, pytest.Function)
    with _finishing(item, check):
        begin_check(item, check)
        item.obj(student=grading_of(item.config).student)


@contextlib.contextmanager
def _finishing(item: pytest.Item, check: Check) -> Iterator[None]:
    """Keep what becomes of the check in here."""
    error: BaseException | None = None
    began = time.perf_counter()
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # noqa: BLE001 - whatever a check ends with is classified
        error = raised
    finish_check(item, check, error, time.perf_counter() - began)


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
        torch=versions.get("torch") or version("torch"),
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
