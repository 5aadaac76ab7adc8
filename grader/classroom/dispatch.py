"""Many submissions: grading processes that take one after the other, while this one writes down what they find.

Each grading process ("judge") holds the reference and the checks; one zygote, in which neither exists, forks the students' processes for
all of them. A judge that dies is replaced, and its submission tried once more.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import msgspec

from grader.errors import GraderError, SandboxError
from grader.homework.assignment import Assignment
from grader.intake.submission import Found
from grader.messages import Report
from grader.opening import heavy_imports, running_zygote
from grader.sandbox.client import Access, deaf_to_ctrl_c
from grader.sandbox.warmup import ONE_THREAD
from grader.training.setup import Setup, with_threads

__all__ = ["grade_all", "shares"]

_PRELOAD = ["grader.classroom.judging"]
_TRIES = 2


class _Judge:
    """A grading process and what it is at."""

    def __init__(
        self,
        context: multiprocessing.context.ForkServerContext,
        assignment: Assignment,
        access: Access,
        demand_lock: bool,
        processors: tuple[int, ...],
        training: Setup | None,
    ) -> None:
        self.processors = processors
        self.connection, theirs = context.Pipe()
        arguments = (theirs, str(assignment.folder), access, demand_lock, processors, training)
        self.process: BaseProcess = context.Process(target=run_judge, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        access.close()
        self.task: Found | None = None

    def give(self, found: Found | None) -> None:
        self.task = found
        with contextlib.suppress(OSError):  # it is gone: its sentinel tells
            self.connection.send(found)

    def end(self) -> None:
        self.give(None)
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def run_judge(
    connection: Connection, folder: str, access: Access, demand_lock: bool, processors: tuple[int, ...], training: Setup | None
) -> None:
    """The grading process: takes submissions until it is given None."""
    from grader.classroom.judging import judge

    judge(connection, folder, access, demand_lock, processors, training)


def grade_all(
    assignment: Assignment,
    submissions: Sequence[Found],
    on_report: Callable[[Found, Report], None],
    *,
    jobs: int,
    lock_in: bool,
    on_lost: Callable[[Found], Report],
    training: Setup | None = None,
    on_progress: Callable[[Found, str], None] = lambda found, text: None,
) -> None:
    """Grade the submissions and hand over each report, in the order in which they are finished.

    A judge gets its next submission when `on_report` has returned: by then the last report is on disk. `on_lost` makes the report of a
    submission under which the judge died `_TRIES` times. Raises what the checks' collection raises.
    """
    context = start_fork_server()  # imports torch while the zygote does so, too
    preload = heavy_imports(submissions, assignment)
    jobs = min(jobs, len(submissions))
    with running_zygote(assignment, lock_in=lock_in, preload=preload, training=training, jobs=jobs) as zygote:
        waiting = deque(submissions)
        tries: dict[str, int] = {}
        judges: list[_Judge] = []

        def start(processors: tuple[int, ...]) -> None:
            setup = with_threads(training, processors)
            judges.append(_Judge(context, assignment, zygote.access(), lock_in, processors, setup))

        try:
            for share in shares(jobs):
                start(share)
            while waiting or any(judge.task for judge in judges):
                ready = wait([j.connection for j in judges] + [j.process.sentinel for j in judges])
                for judge in list(judges):
                    spoke = judge.connection in ready or judge.process.sentinel in ready
                    if spoke and not _hear(judge, waiting, on_report, on_progress):
                        judges.remove(judge)
                        _after_death(judge, waiting, tries, lambda lost: on_report(lost, on_lost(lost)))
                        if waiting:
                            start(judge.processors)
        finally:
            for judge in judges:
                judge.end()


def start_fork_server() -> multiprocessing.context.ForkServerContext:
    """Start the process that judges are forked from, with all that they need imported."""
    os.environ.update(ONE_THREAD)  # before it imports torch
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    resource_tracker.ensure_running()  # the fork server's; starting it lets Ctrl-C in again
    with deaf_to_ctrl_c():
        forkserver.ensure_running()
    return context


def shares(jobs: int) -> list[tuple[int, ...]]:
    """The processors of each job: a judge and the student's process that it waits for take turns, and so do best on the same ones.

    Measured with two jobs on two processors: a third less time than where the system moves them about. None, where jobs outnumber
    processors or the system has no such call.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [()] * jobs
    available = sorted(os.sched_getaffinity(0))
    if jobs > len(available):
        return [()] * jobs
    return [tuple(available[i * len(available) // jobs : (i + 1) * len(available) // jobs]) for i in range(jobs)]


def _hear(
    judge: _Judge,
    waiting: deque[Found],
    on_report: Callable[[Found, Report], None],
    on_progress: Callable[[Found, str], None],
) -> bool:
    """Take what a judge says; False if it is dead."""
    try:
        said = judge.connection.recv()
    except (EOFError, OSError):
        return False
    if isinstance(said, GraderError):
        raise said
    if isinstance(said, str):  # how far a training is
        if judge.task is not None:
            on_progress(judge.task, said)
        return True
    if isinstance(said, bytes) and judge.task is not None:
        on_report(judge.task, msgspec.msgpack.decode(said, type=Report))
    judge.task = None
    if waiting:
        judge.give(waiting.popleft())
    return True


def _after_death(judge: _Judge, waiting: deque[Found], tries: dict[str, int], lost: Callable[[Found], None]) -> None:
    judge.process.join(5)
    judge.connection.close()
    if judge.task is None:
        raise SandboxError(f"a grading process ended by itself with status {judge.process.exitcode}; its own words stand above")
    count = tries[judge.task.id] = tries.get(judge.task.id, 0) + 1
    if count < _TRIES:
        waiting.append(judge.task)
    else:
        lost(judge.task)
