"""The grader's side of the zygote: starting it, and having it fork and kill the students' processes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.errors import SandboxError
from grader.sandbox.cputime import tell_sender
from grader.sandbox.plan import Gpu, Plan, package_folders
from grader.sandbox.warmup import ONE_THREAD
from grader.sandbox.zygote import MAX_MESSAGE, Attach, Ended, FromZygote, Kill, Ready, Spawn

__all__ = ["Access", "ZygoteClient", "ZygoteProcess", "deaf_to_ctrl_c"]

_START_SECONDS = 180.0
_END_SECONDS = 20.0
# what the zygote and so every student's process may know of the grader's environment
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")


@contextlib.contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started meanwhile takes no notice of Ctrl-C from its beginning: that is for the one who starts it.

    It would end with a traceback of its imports, which take seconds. Here, a Ctrl-C comes when this is over.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Access(NamedTuple):
    """A further client's way to a zygote, to be handed to another process: its control socket, and the ways to those with a GPU."""

    control: socket.socket
    trainers: tuple[Access, ...] = ()
    gpu: Gpu | None = None
    lock: str = ""

    def close(self) -> None:
        """Once it was handed over."""
        for access in (self, *self.trainers):
            access.control.close()


class ZygoteClient:
    """A grader's connection to a zygote. `wait_ready` may be called late, so that other things load meanwhile."""

    def __init__(self, control: socket.socket, processors: tuple[int, ...] = ()) -> None:
        self.control = control
        self.processors = processors  # where its workers run: where the grader that waits for them does
        self.trainers: tuple[ZygoteClient, ...] = ()  # zygotes of the same plan with a GPU each, for trainings
        self.gpu: Gpu | None = None  # where this one is such a zygote, and
        self.lock = ""  # a file that is locked by whoever trains on it
        self.ready: Ready | None = None
        self.spare = False
        self._spare: tuple[int, socket.socket] | None = None
        self.ended: dict[int, int] = {}
        self.forgotten: set[int] = set()  # workers whose end nobody asks for
        self.count = 0
        self.decode = msgspec.msgpack.Decoder(FromZygote).decode

    @classmethod
    def at(cls, access: Access, processors: tuple[int, ...] = ()) -> ZygoteClient:
        """The client in the process to which the access was handed."""
        client = cls(access.control, processors)
        client.gpu, client.lock = access.gpu, access.lock
        client.trainers = tuple(cls.at(trainer, processors) for trainer in access.trainers)
        return client

    def wait_ready(self) -> Ready:
        """Wait until torch is imported there."""
        if self.ready is None:
            message = self._receive(time.monotonic() + _START_SECONDS)
            if not isinstance(message, Ready):
                raise SandboxError("the process that forks the students' processes did not start; its own words stand above")
            self.ready = message
        return self.ready

    def access(self) -> Access:
        """For one more client of this zygote, and of those with a GPU, in another process."""
        return Access(self.attach(), tuple(trainer.access() for trainer in self.trainers), self.gpu, self.lock)

    def attach(self) -> socket.socket:
        """A control socket for one more client of this zygote alone."""
        self.wait_ready()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self.control, [msgspec.msgpack.encode(Attach())], [theirs.fileno()])
        return ours

    def spawn(self, scratch: str = "", gpu_memory_mb: int = 0) -> tuple[int, socket.socket]:
        """A locked-in worker, or one that soon will be; returns its number and the connection to it.

        With `spare`, the next one is forked and locked in meanwhile: it knows no submission yet, and who comes next need not wait.
        """
        self.wait_ready()
        worker = self._spare or self._fork(scratch, gpu_memory_mb)
        self._spare = self._fork(scratch, gpu_memory_mb) if self.spare else None
        return worker

    def _fork(self, scratch: str, gpu_memory_mb: int) -> tuple[int, socket.socket]:
        self._listen()
        self.count += 1
        ours, theirs = socket.socketpair()
        tell_sender(ours)  # before there is anybody who sends
        with theirs:
            request = Spawn(self.count, scratch, self.processors, gpu_memory_mb)
            socket.send_fds(self.control, [msgspec.msgpack.encode(request)], [theirs.fileno()])
        return self.count, ours

    def kill(self, number: int) -> None:
        """End a worker and everything that it started."""
        self.control.send(msgspec.msgpack.encode(Kill(number)))

    def end(self, number: int) -> None:
        """End a worker without waiting until it has ended."""
        if number not in self.ended:
            self.forgotten.add(number)
        self.ended.pop(number, None)
        self.kill(number)

    def wait_ended(self, number: int) -> int:
        """The wait status of a worker that has been killed or has hung up."""
        deadline = time.monotonic() + _END_SECONDS
        while number not in self.ended:
            self._receive(deadline)
        return self.ended.pop(number)

    def ended_within(self, number: int, seconds: float) -> bool:
        """Whether a worker that has hung up is gone by then."""
        deadline = time.monotonic() + seconds
        while number not in self.ended:
            if not select.select([self.control], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return False
            self._receive(deadline)
        return True

    def _listen(self) -> None:
        """Take what the zygote has said by now: ends that nobody waits for would fill the socket, and then it could serve no one."""
        while select.select([self.control], [], [], 0.0)[0]:
            self._receive(time.monotonic() + _END_SECONDS)

    def _receive(self, deadline: float) -> FromZygote:
        self.control.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            payload = self.control.recv(MAX_MESSAGE)
        except TimeoutError as error:
            raise SandboxError("the process that forks the students' processes does not answer") from error
        except OSError:
            payload = b""
        if not payload:
            raise SandboxError("the process that forks the students' processes is gone")
        message: FromZygote = self.decode(payload)
        if isinstance(message, Ended):
            if message.number in self.forgotten:
                self.forgotten.remove(message.number)
            else:
                self.ended[message.number] = message.status
        return message


class ZygoteProcess(ZygoteClient):
    """A zygote of our own. Context manager."""

    def __init__(self, plan: Plan) -> None:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(control)
        self.gpu, self.lock = plan.gpu, os.path.join(plan.root, "in-use")
        command = [sys.executable, "-m", "grader.sandbox.zygote", str(theirs.fileno())]
        with theirs, deaf_to_ctrl_c():
            self.process = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                env=_environment(plan.gpu),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self.control.send(msgspec.msgpack.encode(plan))

    def __enter__(self) -> ZygoteProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the zygote ends its workers and, once every other client has hung up too, itself."""
        self.control.close()
        try:
            self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _environment(gpu: Gpu | None) -> dict[str, str]:
    """The zygote's environment: nothing that a token or a path of the course could stand in, and no GPU but the one it is to have."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if gpu is None:
        passed["CUDA_VISIBLE_DEVICES"] = ""
    elif gpu.visible:
        passed["CUDA_VISIBLE_DEVICES"] = gpu.visible
    if gpu is not None:
        passed["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # whoever asks whether there is a GPU does not start CUDA by it
    path = os.pathsep.join((str(Path(__file__).parents[2]), *package_folders()))
    return {**passed, **ONE_THREAD, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
