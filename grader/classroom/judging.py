"""What a grading process imports and does. The fork server imports this module once, for all of them."""

from __future__ import annotations

import gc
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import hypothesis.extra.numpy  # noqa: F401 - so that every grading process has it
import msgspec
import torch

import grader.judgements.gradients
import grader.probes  # noqa: F401
from grader.collecting import with_checks
from grader.errors import GraderError
from grader.homework.assignment import load_assignment
from grader.intake.submission import Found
from grader.runner import Checks
from grader.sandbox.client import Access, ZygoteClient
from grader.training.setup import Setup

__all__ = ["judge"]

torch.set_num_threads(1)


def judge(
    connection: Connection, folder: str, access: Access, demand_lock: bool, processors: tuple[int, ...], training: Setup | None
) -> None:
    """Collect the checks, say that they are there, then answer every submission with its report until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the dispatcher's to handle

    if processors:
        os.sched_setaffinity(0, processors)

    def grade_what_comes(checks: Checks) -> None:
        gc.collect()
        gc.freeze()  # what is imported by now stays: a collection need not look at it again
        zygote = ZygoteClient.at(access, processors)
        zygote.spare = not zygote.wait_ready().problem
        checks.grading.on_progress = connection.send
        connection.send(None)
        while (found := connection.recv()) is not None:
            assert isinstance(found, Found)
            report = checks.grade(found, zygote, demand_lock=demand_lock)
            connection.send(msgspec.msgpack.encode(report))

    try:
        with_checks(load_assignment(Path(folder)), grade_what_comes, training=training)
    except GraderError as error:
        connection.send(error)
    except (EOFError, BrokenPipeError):
        pass  # the dispatcher is gone
