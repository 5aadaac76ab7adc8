"""Student code in this very process: for known mistakes, whose author is the instructor, and for a student's own notebook.

Never for a submission that is graded: nothing is locked in here, and nothing can be ended.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.messages import Begin, Done, End, Load, Request, Unit
from grader.sandbox.worker import Executor

__all__ = ["LocalTransport", "local_transport"]


class LocalTransport:
    """Carries requests to an executor of this process."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.executor = Executor()
        for file, source in sources.items():
            self.executor.handle(Load(file.removesuffix(".py"), (Unit(file, source),)))

    def begin_check(self, seed: int, seconds: float, threads: int = 1) -> None:  # noqa: ARG002 - no limit can be had here
        self.executor.handle(Begin(seed, threads))

    def end_check(self, *, wait: bool = True) -> Done:  # noqa: ARG002
        reply = self.executor.handle(End())
        assert isinstance(reply, Done)
        return reply

    def request(self, request: Request) -> Any:
        return self.executor.handle(request)


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
        try:
            yield LocalTransport(sources)
        finally:
            os.chdir(folder)
            sys.path.remove(scratch)
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module
