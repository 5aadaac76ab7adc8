"""The processor time that a student's process has used, and may use: on a busy machine a right answer comes later, and costs nothing.

The process is known by the number that the kernel puts on its first message; nothing that runs in it has a say in that, or in what is
read here.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["Allowance", "ProcessorTime", "first_bytes_and_sender", "tell_sender"]

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_MAX_PROCESSES = 500
_WALL_FACTOR, _WALL_SECONDS = 6.0, 30.0  # the clock on the wall ends what no busy machine explains
_LOOKS, _LOOK_SECONDS = 5, 0.1  # seen waiting so many times in a row, a process waits for something that does not come
_NEARLY = 0.9  # of its time: what used that much was not kept from computing
_LATE = 50  # so often is something small taken after the deadline
_LARGE = 1 << 14


def tell_sender(connection: socket.socket, *, wanted: bool = True) -> None:
    """Have the kernel put the sender's id on what is sent to `connection` from now on."""
    if hasattr(socket, "SO_PASSCRED"):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, wanted)


def first_bytes_and_sender(connection: socket.socket, size: int) -> tuple[bytes, int]:
    """Up to `size` bytes, and the id of the process that sent them, as this process sees it; 0 where the system does not tell."""
    if not hasattr(socket, "SO_PASSCRED"):
        return connection.recv(size), 0
    data, ancillary, _, _ = connection.recvmsg(size, socket.CMSG_SPACE(_CREDENTIALS.size))
    tell_sender(connection, wanted=False)
    for level, kind, credentials in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return data, int(_CREDENTIALS.unpack(credentials)[0])
    return data, 0


class Allowance:
    """How long a process may take: so many seconds of its own processor time, and a multiple of that by the clock on the wall.

    On a GPU it is the clock on the wall alone (`wall`): the process computes little itself, and waits.
    """

    def __init__(self, seconds: float) -> None:
        self.process = ProcessorTime(0)
        self._last: float | None = None  # what was spent when the process was let go of
        self.grant(seconds)

    def of(self, pid: int) -> None:
        """From now on, this process's time is meant."""
        self.close()
        self.process = ProcessorTime(pid)
        self._last = None

    def grant(self, seconds: float, *, children: bool = False, wall: bool = False) -> None:
        """A new allowance from now on. `children`: the process has some now, whose time so far is not to be counted."""
        self.seconds, self.wall, self.began = seconds, wall, time.monotonic()
        self.first_deadline = self.deadline = self.began + seconds
        self.last_deadline = self.deadline + (0.0 if wall else (_WALL_FACTOR - 1) * seconds + _WALL_SECONDS)
        self.before = self.process.spent(children=children)
        self._last = None
        self._waits = False  # what was seen of the process when its time was over
        self.late = 0

    def spent(self) -> float:
        """Seconds since the allowance was granted, of processor time: of the process and what it has started, until it was let go of."""
        if self._last is not None:
            return self._last
        return time.monotonic() - self.began if self.wall else self.process.spent() - self.before

    def at_most(self) -> float:
        """Seconds by the clock on the wall until the very end, above 0."""
        return max(0.001, self.last_deadline - time.monotonic())

    def extend(self) -> bool:
        """Whether there is time left: at the deadline, whether there was no processor free for it, and for how long it may go on."""
        now = time.monotonic()
        if now < self.deadline:
            return True
        left = self.seconds - self.spent()
        if self.wall or left <= 0 or now >= self.last_deadline or not self.process.known:
            return False
        self.deadline = min(now + max(left, _LOOK_SECONDS), self.last_deadline)
        return True

    def wait_for(self, connection: socket.socket) -> bool:
        """Wait until there is something to read; False if its time is over, or it waits for something itself and does not compute."""
        while not _readable(connection, self.deadline - time.monotonic()):
            row = 0
            while row < _LOOKS and self.process.waits():
                row += 1
                if _readable(connection, _LOOK_SECONDS):
                    return self._late()
            self._waits = row == _LOOKS
            if self._waits or not self.extend():
                return False
        return time.monotonic() < self.first_deadline or self._late()

    def _late(self) -> bool:
        """Whether what comes after the deadline is still taken: an answer on its way, but not one byte after the other."""
        self.late += 1
        return self.late <= _LATE and self.spent() < self.seconds

    def asked(self) -> bool:
        """Whether there is time left for another request; its answer is a new one."""
        self.late = 0
        return self.extend()

    def received(self, size: int) -> None:
        """So many bytes came: a large answer may come in any number of large pieces."""
        if size >= _LARGE:
            self.late = 0

    @property
    def overrun(self) -> str:
        """What is to be said of a process whose time is over."""
        text = f"no answer within {self.seconds:g} s"
        if self._waits:
            return f"{text}, and it was waiting for something, not computing"
        if not self.wall and self.process.known and (spent := self.spent()) < _NEARLY * self.seconds:
            return f"no answer within {time.monotonic() - self.began:.0f} s by the clock, in which it computed for {spent:.1f} s"
        return text

    def close(self) -> None:
        """Let go of the process."""
        if self._last is None:
            self._last = max(0.0, self.spent())  # of a process that is gone, nothing can be read
        self.process.close()
        self.process = ProcessorTime(0)


def _readable(connection: socket.socket, seconds: float) -> bool:
    return bool(select.select([connection], [], [], max(0.0, seconds))[0])


class ProcessorTime:
    """Of one process and everything that it has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.folder = Path(f"/proc/{pid}")
        self.stat = -1
        if pid > 0:
            with contextlib.suppress(OSError):
                self.stat = os.open(self.folder / "stat", os.O_RDONLY | os.O_CLOEXEC)

    @property
    def known(self) -> bool:
        """Whether this system lets it be read."""
        return self.stat >= 0 and _times(self._own()) is not None

    def spent(self, *, children: bool = True) -> float:
        """Seconds so far, in user and system mode; of its children those that have ended, and with `children` those that run."""
        own = _times(self._own()) or 0.0
        return own + (sum(_times(_read(pid)) or 0.0 for pid in self._started()) if children else 0.0)

    def waits(self) -> bool:
        """Whether none of its threads, or of its children's, computes or would if there were a processor free."""
        for pid in (self.pid, *self._started()):
            for task in _names(Path(f"/proc/{pid}/task")):
                fields = _fields(_read(pid, task))
                if fields and fields[0] != b"S":
                    return False
        return True

    def close(self) -> None:
        """Let go of the process."""
        if self.stat >= 0:
            os.close(self.stat)
            self.stat = -1

    def _own(self) -> bytes:
        with contextlib.suppress(OSError):
            return os.pread(self.stat, 1024, 0) if self.stat >= 0 else b""
        return b""

    def _started(self) -> Iterator[int]:
        """The processes that run below it."""
        waiting, count = [self.pid], 0
        while waiting and count < _MAX_PROCESSES:
            parent = waiting.pop()
            for task in _names(Path(f"/proc/{parent}/task")):
                with contextlib.suppress(OSError, ValueError):
                    children = [int(pid) for pid in Path(f"/proc/{parent}/task/{task}/children").read_bytes().split()]
                    waiting += children
                    count += len(children)
                    yield from children


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(pid: int, task: str = "") -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{task}/stat" if task else f"/proc/{pid}/stat").read_bytes()
    return b""


def _fields(stat: bytes) -> list[bytes]:
    """The fields behind the name, which stands in brackets and may hold anything: state, parent, ... (proc(5))."""
    return stat.rpartition(b")")[2].split()


def _times(stat: bytes) -> float | None:
    fields = _fields(stat)
    return sum(map(int, fields[11:15])) / _TICKS if len(fields) > 14 else None  # utime, stime, cutime, cstime
