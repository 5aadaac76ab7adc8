"""What a student must not see is not there, and what it must not do is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.messages import Call, Raised, Reference, Returned
from grader.outcomes import Outcome
from grader.sandbox.plan import Layer

SOURCE = r"""
import os, socket, ctypes, sys

def exists(path):
    return os.path.lexists(path)

def walk(name):
    found = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if not (folder == "/" and f in ("proc", "sys"))]
        found += [os.path.join(folder, f) for f in files if f == name]
    return found

def write(path):
    with open(path, "w") as file:
        file.write("x")

def connect():
    socket.create_connection(("127.0.0.1", 9), timeout=1)

def resolve():
    return socket.gethostbyname("example.org")

def environment():
    text = str(dict(os.environ))
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            for file in ("environ", "cmdline"):
                try:
                    text += open(f"/proc/{pid}/{file}").read()
                except OSError:
                    pass
    return text

def mounts():
    return open("/proc/self/mountinfo").read()

def others():
    return sorted(int(pid) for pid in os.listdir("/proc") if pid.isdigit())

def kill_parent():
    os.kill(os.getppid(), 9)
    return "alive"

def trace():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.ptrace(16, os.getppid(), 0, 0), ctypes.get_errno()

def escape():
    libc = ctypes.CDLL(None, use_errno=True)
    return [libc.unshare(0x10000000), libc.setns(0, 0), libc.chroot(b"/"), libc.mount(b"none", b"/", b"tmpfs", 0, None)]

def become_root():
    try:
        os.setuid(0)
    except PermissionError:
        return "refused"
    return os.getuid()

def bomb():
    count = 0
    try:
        while count < 1000:
            if os.fork() == 0:
                import time
                time.sleep(60)
            count += 1
    except OSError:
        pass
    return count

def fill():
    with open("big", "wb") as file:
        for _ in range(2000):
            file.write(b"x" * 2**20)

def fill_shared():
    with open("/dev/shm/big", "wb") as file:
        for _ in range(2000):
            file.write(b"x" * 2**20)

def print_much():
    for _ in range(50):
        print("x" * 2**20)
    return "done"
"""


@pytest.fixture
def call(session_for):
    session = session_for(SOURCE)
    assert set(session.layers) == {Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP, Layer.LIMITS, Layer.SESSION}, session.missing

    def ask(name, *args, seconds=20.0):
        session.begin_check(1, seconds)
        try:
            return session.request(Call(Reference("name", name), args))
        finally:
            call.output = session.end_check().output

    return ask


def refused(reply):
    return isinstance(reply, Raised) and reply.failure.outcome is Outcome.FORBIDDEN


def test_the_course_does_not_exist(call):
    """No file of assignments, reference, tests or git is there, by its path or by any other."""
    root = Path(__file__).resolve().parents[2]
    for path in (
        root / "reference",
        root / "assignments",
        root / "tests",
        root / ".git",
        root / "README.md",
        Path("/home"),
    ):
        assert call("exists", str(path)) == Returned(False)
    assert call("walk", "test_hidden.py") == Returned(call("walk", "no such name").value)


@pytest.mark.parametrize("path", ["/usr/x", "/etc/x", "/x", "/dev/x", "/proc/self/oom_score_adj", os.__file__])
def test_nothing_outside_the_scratch_folder_can_be_written(call, path):
    """System, Python's own library and the root are read-only."""
    assert refused(call("write", path))


def test_the_scratch_folder_can_be_written(call):
    """Where a homework saves its parameters."""
    assert call("write", "here.txt") == Returned(None)
    assert call("write", "/dev/shm/x") == Returned(None)


def test_there_is_no_network(call):
    """Neither a connection nor a name server."""
    assert refused(call("connect"))
    reply = call("resolve")
    assert isinstance(reply, Raised)


def test_the_environment_tells_nothing(call, monkeypatch):
    """No path of the course, no variable of the grader's, here or in any process that can be seen."""
    text = call("environment").value
    assert "assignments" not in text
    assert "reference" not in text
    assert str(Path.cwd()) not in text.replace(str(Path(__file__).resolve().parents[2] / ".tox"), "").replace(_python_path(), "")


def _python_path():
    """The harness' own folder has to be importable there, and its parent's name is in PYTHONPATH."""
    import grader

    return str(Path(grader.__file__).parents[1])


def test_other_processes_cannot_be_seen(call):
    """The process sees itself, and nobody else."""
    assert call("others") == Returned(Items_of([1]))


def Items_of(values):
    from grader.messages import Items

    return Items("list", tuple(values))


def test_system_calls_that_escape_are_refused(call):
    """ptrace, unshare, setns, chroot, mount, setuid."""
    assert call("trace").value.items[0] == -1
    assert call("escape").value.items == (-1, -1, -1, -1)
    assert call("become_root").value == "refused"


def test_a_fork_bomb_ends_at_the_limit(call):
    """24 processes at most, also when the grader is root."""
    reply = call("bomb")
    assert isinstance(reply, Returned)
    assert 0 < reply.value < 24


@pytest.mark.parametrize("name", ["fill", "fill_shared"])
def test_the_disk_cannot_be_filled(call, name):
    """2 GB into the scratch folder or shared memory end at the limit."""
    assert refused(call(name))


def test_printing_costs_nothing(call):
    """Of 50 MB the beginning and the end are kept."""
    import grader.sandbox.session  # noqa: F401

    assert call("print_much") == Returned("done")


def test_killing_the_process_behind_ends_nothing_of_ours(call):
    """The waiting process is process 1 of its namespace, which its own children cannot kill."""
    assert call("kill_parent") == Returned("alive")
    assert call("exists", "/") == Returned(True)
