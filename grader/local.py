"""Student code in this very process: for known mistakes, whose author is the instructor, and for a student's own notebook.

Never for a submission that is graded: nothing is locked in here, and what catches everything cannot be ended.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from grader.errors import StudentStopped
from grader.messages import Begin, Done, End, Load, Request, Unit
from grader.outcomes import Outcome
from grader.sandbox.warmup import postpone_dynamo
from grader.sandbox.worker import Executor

__all__ = ["LocalTransport", "local_transport"]


class LocalTransport:
    """Carries requests to an executor of this process."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.executor = Executor()
        self.limit = self.deadline = math.inf
        for file, source in sources.items():
            self.executor.handle(Load(file.removesuffix(".py"), (Unit(file, source),)))

    def begin_check(self, seed: int, seconds: float, threads: int = 1, *, fresh: bool = False) -> None:  # noqa: ARG002
        self.limit, self.deadline = seconds, time.monotonic() + seconds
        self.executor.handle(Begin(seed, threads))

    def end_check(self, *, wait: bool = True) -> Done:  # noqa: ARG002
        reply = self.executor.handle(End())
        assert isinstance(reply, Done)
        return reply

    def cpu_seconds(self) -> float:
        """Processor time of this process."""
        return time.process_time()

    def request(self, request: Request) -> Any:
        """The reply. Raises `StudentStopped` when the check's time is over, where alarms can be had."""
        reply = None
        with contextlib.suppress(_Alarm), _alarm(self.deadline - time.monotonic()):
            reply = self.executor.handle(request)
        if time.monotonic() > self.deadline:
            raise StudentStopped(Outcome.TIMEOUT, f"no answer within {self.limit:g} s")
        return reply


class _Alarm(BaseException):
    """The time is over."""


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `_Alarm` in here after so many seconds; only a main thread that has signals can be interrupted."""
    if not math.isfinite(seconds) or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> NoReturn:
        raise _Alarm

    handler = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def local_transport(sources: Mapping[str, str]) -> Iterator[LocalTransport]:
    """A transport to these sources (file name -> text), in an empty working folder; module names and folder are put back afterwards."""
    names = [file.removesuffix(".py") for file in sources]
    before = {name: sys.modules.get(name) for name in names}
    folder = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="grader-local-") as scratch:
        os.chdir(scratch)
        for file, source in sources.items():
            Path(file).write_text(source, encoding="utf-8")
        sys.path.insert(0, scratch)
        postpone_dynamo()  # seconds on a busy machine, which a mistake's time limit is not for
        try:
            yield LocalTransport(sources)
        finally:
            os.chdir(folder)
            sys.path.remove(scratch)
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module
