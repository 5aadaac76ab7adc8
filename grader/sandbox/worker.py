"""The student's process: runs the student's code and answers requests with values.

The one module that runs beside student code, and so it knows nothing: no expected value, no check, no path outside the scratch
folder. What it says is believed to be a value and nothing more.

Checks run in the process that has imported the submission, until one leaves something behind: it then makes way for a fresh one. Where
the import was slow, or a check has left something behind before, `Begin` asks for a fork to run checks in; the process that waits behind it
is as it was after the import (`serve`).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import time
import types
from typing import Any, NoReturn

import msgspec
import torch

from grader.errors import ProtocolError
from grader.messages import (
    Begin,
    Call,
    Done,
    End,
    Failure,
    Fetch,
    Load,
    Loaded,
    Populate,
    Probe,
    Raised,
    Reference,
    Reply,
    Request,
    Returned,
    Value,
)
from grader.outcomes import Outcome
from grader.sandbox import sources
from grader.sandbox.failures import describe
from grader.sandbox.importing import Failed, run_units
from grader.sandbox.output import KeptOutput
from grader.sandbox.residue import Baseline
from grader.sandbox.seeds import seed_everything
from grader.sandbox.twice import TOLD_APART
from grader.wire import decode, decode_frame_length, demand_few_values, encode, frame, typed_decoder

__all__ = ["EXITED", "Executor", "serve"]

RENEWED = 17  # exit status of a process for checks that left because a check had left something behind in it
_decode_request = typed_decoder(Request)  # before the fork: making it takes each worker 3 ms
EXITED = 100  # exit status of the waiting process when the one for the checks ended by itself; 128 + n: by signal n


class Executor:
    """Carries out requests. Holds the student's modules and the objects that checks keep handles of."""

    def __init__(self) -> None:
        self.modules: list[types.ModuleType] = []
        self.failures: list[tuple[str, Failure]] = []  # a unit's source, and what running it raised
        self.calls: dict[str, str] = {}  # a name that is asked for -> the captured call that answers it, too
        self.kept: list[Any] = []
        self.numbers: dict[int, int] = {}  # id of a kept object -> its number
        self.output = KeptOutput()
        self.baseline: Baseline | None = None
        self.began = 0.0

    def handle(self, request: Request) -> Reply:
        """The reply to a request. Exceptions of student code come back as `Raised`; nothing else is caught."""
        match request:
            case Populate():
                sources.write_files(request.files)
                return Done()
            case Load():
                return self._load(request)
            case Begin():
                return self._begin(request)
            case End():
                return self._end()
            case Fetch() | Call() | Probe():
                return self._answer(request)

    # --- importing the submission ---------------------------------------------------------------------------------------------

    def _load(self, request: Load) -> Loaded:
        imported = sources.imported_by_another(request.name, request.aliases)
        module = imported or sources.module_for(request.name, request.aliases)
        self.modules.append(module)
        failed: list[Failed] = []
        notes: list[str] = []
        if not imported:
            sys.argv = [f"{request.name}.py"]  # a script that reads its options gets their defaults
            with self.output.capture():
                failed, notes = run_units(request, module)
        self.calls |= {answer.name: answer.call for answer in request.flow.answers if answer.call}
        self.failures += [(unit.source, failure) for unit, failure in failed]
        names = tuple(sorted(name for name in vars(module) if not name.startswith("_")))
        return Loaded(names, tuple((unit.label, failure) for unit, failure in failed), tuple(notes))

    # --- the life of a check --------------------------------------------------------------------------------------------------

    def _begin(self, request: Begin) -> Done:
        self.kept.clear()
        self.numbers.clear()
        self.output.clear()
        seed_everything(request.seed)
        if torch.get_num_threads() != request.threads:
            torch.set_num_threads(request.threads)
        if request.training:  # oneDNN, which the zygote has switched off (`warmup`)
            torch.backends.mkldnn.set_flags(True)  # type: ignore[no-untyped-call]
        self.began = time.process_time()
        return Done()

    def _end(self) -> Done:
        spent = time.process_time() - self.began
        self.kept.clear()
        self.numbers.clear()
        residue = ", ".join(self.baseline.changes()[:3]) if self.baseline else ""
        return Done(residue=residue, output=self.output.text(), cpu_seconds=spent)

    # --- answering ------------------------------------------------------------------------------------------------------------

    def _answer(self, request: Fetch | Call | Probe) -> Reply:
        try:
            with self.output.capture():
                return self._value(request)
        except BaseException as error:  # noqa: BLE001 - whatever student code raises is told, sys.exit too
            return Raised(describe(error))

    def _value(self, request: Fetch | Call | Probe) -> Returned:
        if isinstance(request, Fetch):
            return Returned(self._encode(self._find(request.target)))
        args = [decode(value, self._find) for value in request.args]
        kwargs = {name: decode(value, self._find) for name, value in request.kwargs.items()}
        if isinstance(request, Probe):
            function = sources.define_probe(request.name, request.code)
            return Returned(self._encode(function(*args, **kwargs)))
        result = self._find(request.target)(*args, **kwargs)
        value = self._keep(result) if request.keep else self._encode(result)
        if not request.echo:
            return Returned(value)
        return Returned(value, tuple(map(self._encode, args)), {name: self._encode(v) for name, v in kwargs.items()})

    def _encode(self, value: Any) -> Value:
        return encode(value, self._keep)

    def _keep(self, value: Any) -> Reference:
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.kept)
            self.kept.append(value)
        return Reference("kept", number, type_name=str(type(value).__name__)[:80])

    def _find(self, reference: Reference) -> Any:
        match reference.kind, reference.root:
            case "kept", int(number):
                value = self.kept[number]
            case "library", str(name):
                value = importlib.import_module(name)
            case "name", str(name):
                value = self._named(name)
            case _:
                raise ProtocolError(f"no reference has the root {reference.root!r}")
        for name in reference.path:
            value = getattr(value, name)
        return value

    def _named(self, name: str) -> Any:
        """What the student calls `name`: where it is defined, before where it is merely imported."""
        for module in self.modules:
            if name in (told_apart := vars(module).get(TOLD_APART, {})):
                return told_apart[name]
        found = [vars(module)[name] for module in self.modules if name in vars(module)]
        own = {module.__name__ for module in self.modules}
        for value in found:
            if getattr(value, "__module__", None) in own:
                return value
        if found:
            return found[0]
        raise sources.MissingName(name, self.failures, self.calls.get(name, ""))


# --- the process ------------------------------------------------------------------------------------------------------------------


def serve(connection: socket.socket) -> None:
    """Answer requests until the other side hangs up. Called in the forked, locked-in process; never returns."""
    executor = Executor()
    executor.output.redirect_descriptors()
    sys.path[0] = os.getcwd()  # where the submission's files are: they may import each other
    while True:
        request = _receive(connection)
        if request is None:
            os._exit(0)
        if not isinstance(request, Begin):
            _send(connection, executor.handle(request))
            continue
        if executor.baseline is None:
            executor.baseline = Baseline(executor.modules)
        if not request.fork:
            _serve_checks(connection, executor, request)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGABRT, signal.SIG_DFL)  # this one is no process 1
            _serve_checks(connection, executor, request)
        _, status = os.waitpid(child, 0)
        _end_others()
        if os.WIFSIGNALED(status):
            os._exit(128 + os.WTERMSIG(status))
        if os.WEXITSTATUS(status) != RENEWED:
            os._exit(EXITED)
        # expected after a check that left something behind; had student code chosen this very status, it is no answer to a call
        _send(connection, Done())


def _serve_checks(connection: socket.socket, executor: Executor, first: Begin) -> NoReturn:
    """Answer the requests of checks, until one has left something behind: this process then makes way for a fresh one."""
    request: Request | None = first
    while request is not None:
        reply = executor.handle(request)
        _send(connection, reply)
        if isinstance(reply, Done) and reply.residue:
            break
        request = _receive(connection)
    os._exit(RENEWED)


def _end_others() -> None:
    """End whatever the check left running. As process 1 of its own namespace, -1 means: everything but this process."""
    if os.getpid() != 1:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0):
            continue


def _receive(connection: socket.socket) -> Request | None:
    header = _read(connection, 8)
    if header is None:
        return None
    payload = _read(connection, decode_frame_length(header))
    return None if payload is None else _decode_request(payload)


def _read(connection: socket.socket, size: int) -> bytes | None:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = connection.recv_into(view)
        if count == 0:
            return None
        view = view[count:]
    return bytes(buffer)


def _send(connection: socket.socket, reply: Reply) -> None:
    try:
        payload = msgspec.msgpack.encode(reply)
        demand_few_values(payload)
    except (ValueError, RecursionError, ProtocolError) as error:
        payload = msgspec.msgpack.encode(
            Raised(Failure(Outcome.ERROR, (type(error).__name__,), f"the value cannot be sent: {error}"))
        )
    connection.sendall(frame(payload))
