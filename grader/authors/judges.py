"""The author's own submissions in great number, such as mistakes and mutants: processes that hold the checks, and a task after the other.

Each process ("judge") has collected the checks once; one zygote, in which neither they nor the reference exist, forks the submissions'
processes for all of them. Answers come in any order. (A class has its own, `dispatch`: reports are written down there, and a submission
that takes its judge down is tried again.)
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

from grader.classroom.dispatch import shares, start_fork_server
from grader.collecting import with_checks
from grader.errors import GraderError, MachineLacks
from grader.homework.assignment import Assignment, load_assignment
from grader.intake.submission import Found, Module, Submission
from grader.messages import Unit
from grader.opening import heavy_imports, running_zygote
from grader.runner import Checks
from grader.sandbox.client import Access, ZygoteClient
from grader.training.setup import Setup, with_threads

__all__ = ["Begin", "ask_judges", "submission_of"]


# What a judge does first: from the checks, the zygote, and whether a locked-in process is demanded, to what answers a task. A function
# at the top level of its module: it is sent by name.
Begin: TypeAlias = Callable[[Checks, ZygoteClient, bool], Callable[[Any], Any]]


def ask_judges(
    assignment: Assignment,
    tasks: Sequence[Any],
    begin: Begin,
    take: Callable[[int, Any], None],
    *,
    jobs: int,
    lock_in: bool,
    if_lost: Callable[[Any], Any],
    training: Setup | None = None,
) -> None:
    """Have `jobs` judges answer the tasks; `take` gets each task's number and its answer.

    `if_lost` gives the answer to a task over which a judge has died. Raises what the checks' collection raises, or `begin`, if that is a
    `GraderError`, and `MachineLacks` where a judge dies over nothing.
    """
    context = start_fork_server()
    waiting = list(enumerate(tasks))[::-1]
    judges: list[_Judge] = []
    preload = heavy_imports([Found("reference", assignment.reference)], assignment) if assignment.reference else ()
    jobs = min(jobs, len(tasks))
    with running_zygote(assignment, lock_in=lock_in, preload=preload, training=training, jobs=jobs) as zygote:

        def start(processors: tuple[int, ...]) -> None:
            setup = with_threads(training, processors)
            judges.append(_Judge(context, assignment.folder, zygote.access(), lock_in, processors, begin, setup))

        try:
            for share in shares(jobs):
                start(share)
            while judges:
                for connection in wait([judge.connection for judge in judges]):
                    judge = next(judge for judge in judges if judge.connection is connection)
                    try:
                        said = judge.connection.recv()
                    except (EOFError, OSError):
                        lost = judge.task
                        judges.remove(judge)
                        judge.end()
                        if lost is None:
                            raise MachineLacks("a grading process ended by itself; its own words stand above.") from None
                        take(lost[0], if_lost(lost[1]))
                        start(judge.processors)
                        continue
                    if isinstance(said, GraderError):
                        raise said
                    if judge.task is not None:
                        take(judge.task[0], said)
                    if waiting:
                        judge.give(waiting.pop())
                    else:
                        judges.remove(judge)
                        judge.end()
        finally:
            for judge in judges:
                judge.end()


class _Judge:
    """A judging process and the task that it has."""

    def __init__(
        self,
        context: ForkServerContext,
        folder: Path,
        access: Access,
        demand_lock: bool,
        processors: tuple[int, ...],
        begin: Begin,
        training: Setup | None,
    ) -> None:
        self.processors = processors
        self.connection, theirs = context.Pipe()
        arguments = (theirs, str(folder), access, demand_lock, processors, begin, training)
        self.process: BaseProcess = context.Process(target=_judge, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        access.close()
        self.task: tuple[int, Any] | None = None

    def give(self, task: tuple[int, Any] | None) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # it is gone: receiving tells
            self.connection.send(task)

    def end(self) -> None:
        self.give(None)
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _judge(
    connection: Connection,
    folder: str,
    access: Access,
    demand_lock: bool,
    processors: tuple[int, ...],
    begin: Begin,
    training: Setup | None,
) -> None:
    """A judging process: say that it is ready, then answer each task until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    if processors:
        os.sched_setaffinity(0, processors)

    def answer_what_comes(checks: Checks) -> None:
        gc.collect()
        gc.freeze()  # what is imported by now stays: a collection need not look at it again
        zygote = ZygoteClient.at(access, processors)
        zygote.spare = not zygote.wait_ready().problem
        answer = begin(checks, zygote, demand_lock)
        connection.send(None)
        while (task := connection.recv()) is not None:
            connection.send(answer(task[1]))

    try:
        with_checks(load_assignment(Path(folder)), answer_what_comes, training=training)
    except GraderError as error:
        connection.send(error)
    except (EOFError, BrokenPipeError):
        pass  # the one who asked is gone


def submission_of(name: str, sources: Mapping[str, str]) -> Submission:
    """A submission made of these sources (file name -> text)."""
    modules = tuple(Module(file.removesuffix(".py"), file, (Unit(file, text),)) for file, text in sources.items())
    return Submission(name, name, {file: text.encode() for file, text in sources.items()}, modules)
