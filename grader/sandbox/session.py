"""The grader's side: a session with one submission's process.

A `Session` lives as long as a submission is graded. Its process may die many times in between (a timeout, a crash): the session then
starts another one, imports the submission again, and the next check goes on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import time
from typing import Any

import msgspec

from grader.errors import MachineLacks, ProtocolError, StudentStopped
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
    Reply,
    Request,
    Returned,
)
from grader.outcomes import Outcome
from grader.sandbox.client import ZygoteClient
from grader.sandbox.cputime import Allowance, first_bytes_and_sender
from grader.sandbox.plan import GpuFound
from grader.sandbox.worker import EXITED
from grader.sandbox.zygote import Locked
from grader.wire import decode_frame_length, frame, typed_decoder

__all__ = ["Session"]

_START_SECONDS = 180.0
_HANG_UP_SECONDS = 3.0  # between the end of a process's connection and its own
_SLOW_IMPORT = 0.5  # seconds from which on importing again costs more than forks do
_IMPORTS = 4  # how many times its limit all imports of a submission may take together, that of the first time aside
_END_SECONDS = 10.0
EXITED_BY_ITSELF = "the code made the process exit (os._exit or the like)"
_REPLIES: dict[type, Any] = {Load: Loaded, Fetch: (Returned, Raised), Call: (Returned, Raised), Probe: (Returned, Raised)}


class Session:
    """One submission's process, seen from the grader. Raises `StudentStopped` when it dies, `StudentRaised` never: replies are values."""

    def __init__(
        self,
        zygote: ZygoteClient,
        files: tuple[tuple[str, bytes], ...],
        loads: tuple[Load, ...],
        import_seconds: float,
        gpu_memory_mb: int = 0,
    ) -> None:
        self.zygote = zygote
        self.gpu_memory_mb = gpu_memory_mb
        self.gpu: GpuFound | None = None  # what the process found of its GPU, if the zygote's plan has one
        self.files = files
        self.loads = loads
        self.import_seconds = import_seconds
        self.stopped_loads: dict[str, Failure] = {}  # modules whose import ended the process
        self.loaded: dict[str, Loaded] = {}
        self.layers: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self.restarts = 0
        self.stopped: StudentStopped | None = None
        self.allowance = Allowance(_START_SECONDS)
        self.importing = 0.0  # seconds that imports have taken
        self.decode = typed_decoder(Reply)
        self._connection: socket.socket | None = None
        self._number = 0
        self._scratch = ""
        self._received = bytearray()  # what came and has not been looked at
        self._ending = False
        self._known = 0  # the number of the start whose process the allowance knows
        self._fork = False  # checks run in forks of the process that has imported the submission

    # --- life -----------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process and import the submission. A file whose import kills the process is left out from then on, and told."""
        while self._connection is None:
            try:
                self._start_once()
            except StudentStopped as error:
                if self._loading is None:
                    raise
                text = f"importing {self._loading} ended the process: {error.message}"
                self.stopped_loads[self._loading] = Failure(error.outcome, (error.outcome.value,), text)
                self.stopped = None

    def _start_once(self) -> None:
        self._loading: str | None = None
        if self.zygote.wait_ready().problem:  # no root of its own with a scratch folder in memory
            self._scratch = tempfile.mkdtemp(prefix="grader-")
        self._number, self._connection = self.zygote.spawn(self._scratch, self.gpu_memory_mb)
        self._received = bytearray()
        self.restarts += 1
        self.allowance = Allowance(_START_SECONDS)
        locked = typed_decoder(Locked)(self._read_frame())
        self.layers, self.missing, self.gpu = locked.layers, locked.missing, locked.gpu
        if self.gpu is not None and self.gpu.problem:
            self.close(wait=True)
            raise MachineLacks(self.gpu.problem)
        self.request(Populate(self.files))
        for load in self.loads:
            if load.name in self.stopped_loads:
                continue
            self._loading = load.name
            began = time.monotonic()
            self.allowance.grant(self.import_seconds)
            try:
                self.loaded[load.name] = self.request(load)
            finally:
                self.importing += time.monotonic() - began
        self._loading = None
        self._ending = False
        # a process that has started CUDA cannot be forked
        self._fork = self.gpu is None and (self._fork or self.importing > _SLOW_IMPORT)

    @property
    def pid(self) -> int:
        """The process's id, as this process sees it; 0 where the system does not tell."""
        return self.allowance.process.pid

    def close(self, *, wait: bool = False) -> None:
        """End the process. In namespaces of its own it leaves nothing to clean up, and nobody waits for it but who asks for that."""
        if wait or self._scratch or self._connection is None:
            self._end_process(killed=True)
            return
        self._hang_up()
        self.zygote.end(self._number)

    def begin_check(self, seed: int, seconds: float, threads: int = 1, *, fresh: bool = False) -> None:
        """Start a check: a process without traces of earlier ones, seeded, with a deadline for everything that the check asks.

        `fresh`: for a training, a new process in any case, with an empty scratch folder. What importing the submission once more takes
        is not held against it.
        """
        self.stopped = None
        if fresh and self._connection is not None:
            self.close()
            before = self.importing
            self.start()
            self.importing = before
            self.allowance.grant(seconds, children=self._fork, wall=self.gpu is not None)
            self.request(Begin(seed, threads, self._fork, training=True))
            return
        if self._connection is not None:
            self.allowance.grant(seconds, children=self._fork, wall=self.gpu is not None)
            begin = Begin(seed, threads, self._fork)
            try:
                self._send(begin)  # while it still looks at what the last check left behind
                self._await_end()
                if self._connection is not None:
                    self._reply(begin)
                    return
            except StudentStopped:
                self.stopped = None  # it died after the last check: not this one's doing
        if self.importing > _IMPORTS * self.import_seconds:
            raise self._stop(
                Outcome.TIMEOUT, f"importing it again, after checks that ended the process, took {self.importing:.0f} s in all"
            )
        self.start()
        self.allowance.grant(seconds, children=self._fork, wall=self.gpu is not None)
        self.request(Begin(seed, threads, self._fork))

    def go_on(self) -> None:
        """The check goes on after time that was spent elsewhere: with the same allowance once more."""
        self.allowance.grant(self.allowance.seconds, children=self._fork)

    def end_check(self, *, wait: bool = True) -> Done:
        """End the check; with `wait`, says what it left behind and printed. A process that died has nothing more to say."""
        if self.stopped is not None or self._connection is None:
            return Done()
        self.allowance.grant(_END_SECONDS)
        try:
            if not self._ending:
                self._send(End())
                self._ending = True
            return self._await_end() if wait else Done()
        except StudentStopped:
            return Done()

    def _await_end(self) -> Done:
        if not self._ending:
            return Done()
        reply: Done = self._reply(End())
        if reply.residue and self._fork:
            self._reply(End())  # from the process that takes over
        elif reply.residue:
            self._fork = True  # where one check leaves something behind, others may: it is imported once more, not once for each
            self.close()
        self._ending = False
        return reply

    # --- talking --------------------------------------------------------------------------------------------------------------

    def request(self, request: Request) -> Any:
        """Send a request and wait for its reply until the deadline."""
        if self.stopped is not None:
            raise self.stopped
        self._send(request)
        return self._reply(request)

    def _reply(self, request: Request) -> Any:
        try:
            reply = self.decode(self._read_frame())
        except ProtocolError as error:
            raise self._broken(f"the process sent something that is no answer ({error})") from error
        if not isinstance(reply, _REPLIES.get(type(request), Done)):
            raise self._broken(EXITED_BY_ITSELF if isinstance(reply, Done) else "the process sent an answer to another question")
        return reply

    def _send(self, request: Request) -> None:
        assert self._connection is not None
        if not self.allowance.asked():
            raise self._out_of_time()
        try:
            self._connection.settimeout(self.allowance.at_most())
            self._connection.sendall(frame(msgspec.msgpack.encode(request)))
        except TimeoutError as error:
            raise self._out_of_time() from error
        except OSError as error:
            raise self._died() from error

    def _read_frame(self) -> bytes:
        return self._read(decode_frame_length(self._read(8)))

    def _read(self, size: int) -> bytes:
        assert self._connection is not None
        buffer = self._received
        while len(buffer) < size:
            # poll, not a blocking read: a socket's own timeout would start anew with every byte that student code dribbles
            try:
                if not self.allowance.wait_for(self._connection):
                    raise self._out_of_time()
                chunk = self._receive(max(size - len(buffer), 1 << 16))  # most answers are small: header and answer come in one go
            except OSError as error:
                raise self._died() from error
            if not chunk:
                raise self._died()
            self.allowance.received(len(chunk))
            buffer += chunk
        data = bytes(buffer[:size])
        del buffer[:size]
        return data

    def _receive(self, size: int) -> bytes:
        assert self._connection is not None
        if self.restarts == self._known:
            return self._connection.recv(min(size, 1 << 20))
        chunk, sender = first_bytes_and_sender(self._connection, size)  # from the harness alone: no student code runs there yet
        self.allowance.of(sender)
        self._known = self.restarts
        return chunk

    def cpu_seconds(self) -> float:
        """Processor time that the process, and what it has started, took since the check began; on a GPU, time by the clock."""
        return self.allowance.spent()

    # --- how it ends ----------------------------------------------------------------------------------------------------------

    def _out_of_time(self) -> StudentStopped:
        what = f"importing took longer than {self.import_seconds:g} s" if self._loading else self.allowance.overrun
        self._end_process(killed=True)
        return self._stop(Outcome.TIMEOUT, what)

    def _broken(self, why: str) -> StudentStopped:
        self._end_process(killed=True)
        return self._stop(Outcome.CRASHED, why)

    def _died(self) -> StudentStopped:
        if not self.zygote.ended_within(self._number, _HANG_UP_SECONDS):  # a connection can be cut by a process that lives on
            return self._broken("the code cut the process's connection to the grader")
        return self._stop(*_cause_of_death(self._end_process(killed=False)))

    def _stop(self, outcome: Outcome, message: str) -> StudentStopped:
        self.stopped = StudentStopped(outcome, message)
        return self.stopped

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.allowance.close()

    def _end_process(self, *, killed: bool) -> int:
        if self._connection is None:
            return 0
        self._hang_up()
        if killed:
            self.zygote.kill(self._number)
        status = self.zygote.wait_ended(self._number)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        return status


def _cause_of_death(status: int) -> tuple[Outcome, str]:
    """What a wait status says: the worker passes on, as 128 + n, the signal that ended the process for the checks."""
    code = os.waitstatus_to_exitcode(status)
    number = -code if code < 0 else code - 128
    if code == signal.SIGABRT:  # see linux.exit_on_abort
        number = int(signal.SIGABRT)
    elif code == EXITED or 0 <= code < 128:
        return Outcome.CRASHED, EXITED_BY_ITSELF
    if number == signal.SIGKILL:
        return Outcome.OUT_OF_MEMORY, "the process was killed, most likely for its use of memory"
    name = str(number)
    with contextlib.suppress(ValueError):
        name = signal.Signals(number).name
    meaning = {"SIGSEGV": ", a segmentation fault", "SIGABRT": ", an abort", "SIGFPE": ", an arithmetic fault"}.get(name, "")
    return Outcome.CRASHED, f"the process was ended by signal {name}{meaning}"
