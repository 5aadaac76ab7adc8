"""Stopping a statement of a submission that takes too long, so that the next one can run."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

__all__ = ["Clock", "Overtime"]

_WHOLE = 0.8  # of the import's time, for all of them: the rest is for what cannot be stopped


class Overtime(BaseException):
    """The statement's time is over."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:.0f} s")
        self.seconds = seconds


class Clock:
    """Stops what takes too long. The limit around the whole import, which the grader keeps, cannot be stopped; this one can be."""

    def __init__(self, seconds: float) -> None:
        can = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        self.deadline = time.monotonic() + _WHOLE * seconds if seconds > 0 and can else None
        self.armed = False

    @contextlib.contextmanager
    def limited(self, share: float) -> Iterator[None]:
        """Raise `Overtime` in here when this share of the time that is left is used up."""
        if self.deadline is None:
            yield
            return
        seconds = max(0.5, share * (self.deadline - time.monotonic()))

        def ring(*_: object) -> None:
            if self.armed:
                raise Overtime(seconds)
            return

        handler = signal.signal(signal.SIGALRM, ring)
        self.armed = True
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again every second: the first may be raised where nothing can be
        try:
            yield
        finally:
            self.armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
