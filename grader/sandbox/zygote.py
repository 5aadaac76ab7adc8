"""The process that has torch imported and is forked for every submission. Run as `python -m grader.sandbox.zygote FD`.

It never runs student code and never sees the course: it knows no path of it, moves into a root in which it does not exist, and from then
on forks locked-in workers on request. A worker's connection is made by the grader
and passed along; afterwards the zygote only tells how the worker ended, and kills it when asked to.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import selectors
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

import msgspec

from grader.sandbox import linux
from grader.sandbox.plan import GpuFound, Layer, Plan

__all__ = ["MAX_MESSAGE", "Attach", "Ended", "FromZygote", "Kill", "Locked", "Ready", "Spawn", "main"]


class _Message(msgspec.Struct, frozen=True, tag=True):
    pass


class Spawn(_Message, frozen=True):
    """Fork a worker; its connection comes along as a descriptor.

    `scratch`: its folder where it has no root of its own. `processors`: those that it is to run on; none: all.
    `gpu_memory_mb`: what it may take of the GPU's memory, where its plan has one; 0: all of it.
    """

    number: int
    scratch: str = ""
    processors: tuple[int, ...] = ()
    gpu_memory_mb: int = 0


class Kill(_Message, frozen=True):
    number: int


class Attach(_Message, frozen=True):
    """Serve one more grader; its control socket comes along as a descriptor."""


class Ready(_Message, frozen=True):
    """Torch is imported. `problem`: why there are no namespaces, if there are none."""

    versions: dict[str, str]
    problem: str = ""


class Ended(_Message, frozen=True):
    """A worker is gone; `status` is what waitpid told."""

    number: int
    status: int


class Locked(_Message, frozen=True):
    """A worker's first message on its own connection, before it reads anything: which layers hold, and why others do not, and what it
    found of its GPU, if its plan has one."""

    layers: tuple[str, ...]
    missing: tuple[str, ...] = ()
    gpu: GpuFound | None = None


ToZygote = Spawn | Kill | Attach
FromZygote = Ready | Ended
MAX_MESSAGE = 1 << 16


class Zygote:
    """Serves graders, each over a sequenced-packet socket of its own: one message a packet."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.own_root = False
        self.seccomp_filter: Any | None = None
        self.problem = ""
        self.versions: dict[str, str] = {}
        self.count = 0
        self.selector = selectors.DefaultSelector()
        self.workers: dict[int, tuple[socket.socket, int]] = {}  # pid -> whose it is, and its number there
        self.decode = msgspec.msgpack.Decoder(ToZygote).decode

    def prepare(self) -> None:
        """Lock this process in and import torch."""
        from grader.sandbox.warmup import warm_up

        self.problem = self._enter() if self.plan.lock_in else "not asked for"
        if not self.own_root:
            with contextlib.suppress(OSError, AttributeError):  # no Linux
                linux.adopt_orphans()
        if self.plan.lock_in:
            from grader.sandbox.seccomp import make_filter

            with contextlib.suppress(ImportError, OSError, RuntimeError):  # told by each worker as a layer that is missing
                self.seccomp_filter = make_filter(gpu=self.plan.gpu is not None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("grader.sandbox.worker", "grader.sandbox.lockin", *(("grader.sandbox.cuda",) if self.plan.gpu else ())):
                importlib.import_module(name)
            warm_up(self.plan.preload, many=self.plan.many, exercise=self.plan.gpu is None)
        import torch

        self.versions = {"python": sys.version.split()[0], "torch": str(torch.__version__)}

    def _enter(self) -> str:
        from grader.sandbox.lockin import enter_namespaces, enter_own_root

        try:
            enter_namespaces()
            _continue_as_child()
            self.own_process_ids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            enter_own_root(self.plan)
        except OSError as error:
            return str(error.strerror or error)
        self.own_root = True
        return ""

    def serve(self, control: socket.socket) -> None:
        """Fork and kill as told until the last grader hangs up; then end every worker and return."""
        wake, write = socket.socketpair()
        for end in (wake, write):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
        self.selector.register(wake, selectors.EVENT_READ)
        self._attach(control)
        while len(self.selector.get_map()) > 1:
            for key, _ in self.selector.select():
                if key.fileobj is wake:
                    with contextlib.suppress(BlockingIOError):
                        wake.recv(4096)
                    self._reap()
                elif isinstance(key.fileobj, socket.socket):
                    self._take_request(key.fileobj)
        signal.set_wakeup_fd(-1)

    def _attach(self, control: socket.socket) -> None:
        self.selector.register(control, selectors.EVENT_READ)
        self._send(control, Ready(self.versions, self.problem))

    def _take_request(self, control: socket.socket) -> None:
        try:
            payload, descriptors, _, _ = socket.recv_fds(control, MAX_MESSAGE, 4)
        except ConnectionResetError:
            payload, descriptors = b"", []
        if not payload:
            self.selector.unregister(control)
            self._kill(control)
            control.close()
            return
        match self.decode(payload):
            case Spawn() as request:
                self._spawn(control, request, descriptors[0])
            case Kill() as request:
                self._kill(control, request.number)
            case Attach():
                self._attach(socket.socket(fileno=descriptors[0]))

    def _spawn(self, control: socket.socket, request: Spawn, connection: int) -> None:
        if self.own_root:
            # each worker is process 1 of its own namespace; the next unshare is allowed once this process is back in its own
            linux.set_namespace(self.own_process_ids, linux.CLONE_NEWPID)
            linux.unshare(linux.CLONE_NEWPID)
        self.count += 1
        pid = os.fork()
        if pid == 0:
            self._become_worker(request, connection)
        os.close(connection)
        self.workers[pid] = (control, request.number)

    def _become_worker(self, request: Spawn, descriptor: int) -> None:
        """In the forked child: lock in, then serve. Never returns."""
        status = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            if self.own_root:
                linux.exit_on_abort()
            if request.processors:
                os.sched_setaffinity(0, request.processors)
            connection = socket.socket(fileno=os.dup2(descriptor, 3))
            os.closerange(4, 1024)
            self._lock_in(request, connection)
            from grader.sandbox.worker import serve

            serve(connection)
            status = 0
        except BaseException:  # noqa: BLE001 - told on standard error, which is the grader's log; the worker must not return into the zygote
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)

    def _lock_in(self, request: Spawn, connection: socket.socket) -> None:
        from grader.wire import frame

        if self.plan.lock_in:
            from grader.sandbox.lockin import lock_worker

            held, missing = lock_worker(
                self.plan, self.count, own_root=self.own_root, scratch=request.scratch, seccomp_filter=self.seccomp_filter
            )
        else:
            held, missing = (), ("every layer: student code was run without walls, as --sandbox none asks",)
            os.chdir(request.scratch)
        found = self._take_gpu(request) if self.plan.gpu else None
        connection.sendall(frame(msgspec.msgpack.encode(Locked((*held, Layer.SESSION), missing, found))))

    def _take_gpu(self, request: Spawn) -> GpuFound:
        """Here, behind every wall and before any student code: CUDA cannot be started once and then forked."""
        from grader.sandbox.cuda import take_gpu
        from grader.sandbox.lockin import limit_private_memory

        found = take_gpu(request.gpu_memory_mb)
        if self.plan.lock_in:
            limit_private_memory(self.plan.limits)
        return found

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.workers:
                control, number = self.workers.pop(pid)
                _kill_session(pid)
                self._end_orphans()
                self._send(control, Ended(number, status))

    def _end_orphans(self) -> None:
        """End what a worker without a namespace of its own has started and left, in sessions of its own: it is this process's now."""
        for _ in range(100):  # ending one may bring others, its children; what starts them faster than that is not waited for
            orphans = set() if self.own_root else _children() - self.workers.keys()
            if not orphans:
                return
            for pid in orphans:
                _kill(pid)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def _kill(self, control: socket.socket, number: int | None = None) -> None:
        """End one worker of a grader's, or all of them."""
        for pid, (owner, owned) in self.workers.items():
            if owner is control and number in (None, owned):
                _kill(pid)

    def _send(self, control: socket.socket, message: FromZygote) -> None:
        with contextlib.suppress(OSError):  # that grader has hung up: seen at the next read
            control.send(msgspec.msgpack.encode(message))


def _continue_as_child() -> None:
    """Go on as process 1 of the new namespace; the process that was started stays behind and ends as this one does."""
    child = os.fork()
    if child:
        os.closerange(3, 1024)  # the control socket: it has to close when the child's does
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _children() -> set[int]:
    """The processes whose parent this one is; none where the kernel does not tell."""
    with contextlib.suppress(OSError, ValueError):
        return set(map(int, Path("/proc/thread-self/children").read_text(encoding="ascii").split()))
    return set()


def _kill(pid: int) -> None:
    """End a worker; where it is process 1 of a namespace, everything in there ends with it."""
    _kill_session(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_session(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Take the control socket's descriptor from the command line and serve until it closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    # by message, not by argument: the command line stands in /proc, where student code can read it
    plan = msgspec.msgpack.decode(control.recv(MAX_MESSAGE), type=Plan)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle; it ends this process by hanging up
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked until here, and no worker is to find it so
    zygote = Zygote(plan)
    zygote.prepare()
    zygote.serve(control)
    os._exit(0)  # nothing here needs an orderly end, and some of torch's extensions are loud about theirs


if __name__ == "__main__":
    main()
