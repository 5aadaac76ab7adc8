"""Every check has its own fate: what ends one check is named, and the next check starts in a clean process."""

from __future__ import annotations

import time

import pytest

from grader.errors import StudentStopped
from grader.messages import Call, Raised, Reference, Returned
from grader.outcomes import Outcome

SOURCE = """
import ctypes, os, signal, sys
kept = []

def fine():
    return 7

def loop():
    while True:
        pass

def stubborn():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

def leave():
    os._exit(0)

def leave_like_the_harness():
    os._exit(17)

def leave_politely():
    sys.exit("bye")

def segfault():
    ctypes.string_at(0)

def abort():
    os.abort()

def huge():
    return len(bytearray(30 * 2**30))

def huge_tensor():
    import torch
    return torch.zeros(30 * 2**28).sum()

def remember():
    kept.append(1)
    return len(kept)

def count_processes():
    return len([name for name in os.listdir("/proc") if name.isdigit()])

def leave_children_behind():
    import time
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    return 5

def close_everything():
    os.closerange(0, 100)
    return 1

def garbage():
    import socket
    connection = socket.socket(fileno=3)
    connection.sendall(b"\\x05\\0\\0\\0\\0\\0\\0\\0nonsense")
    return 1

def announce_too_much():
    import socket
    socket.socket(fileno=3).sendall(b"\\xff" * 8)
    return 1
"""


def ask(session, name, seconds=5.0):
    """Call a function in a check of its own."""
    session.begin_check(1, seconds)
    try:
        return session.request(Call(Reference("name", name)))
    finally:
        session.end_check()


def value(session, name):
    reply = ask(session, name)
    assert isinstance(reply, Returned), reply
    return reply.value


@pytest.fixture
def session(session_for):
    return session_for(SOURCE)


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("leave", Outcome.CRASHED, "made the process exit"),
        ("leave_like_the_harness", Outcome.CRASHED, "made the process exit"),
        ("segfault", Outcome.CRASHED, "SIGSEGV, a segmentation fault"),
        ("abort", Outcome.CRASHED, "SIGABRT"),
        ("close_everything", Outcome.CRASHED, ""),
        ("garbage", Outcome.CRASHED, "no answer"),
        ("announce_too_much", Outcome.CRASHED, "no answer"),
    ],
)
def test_a_crash_is_named_and_costs_one_check(session, name, outcome, words):
    """Whatever ends the process is told as what it is, and the next check finds a new process."""
    with pytest.raises(StudentStopped) as stopped:
        ask(session, name)
    assert stopped.value.outcome is outcome
    assert words in stopped.value.message
    assert value(session, "fine") == 7


@pytest.mark.parametrize("name", ["loop", "stubborn"])
def test_a_time_limit_cannot_be_caught(session, name):
    """An infinite loop ends at the limit, also if the code catches everything."""
    began = time.monotonic()
    with pytest.raises(StudentStopped) as stopped:
        ask(session, name, seconds=0.5)
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert stopped.value.message == "no answer within 0.5 s"
    assert time.monotonic() - began < 5
    assert value(session, "fine") == 7


@pytest.mark.parametrize("name", ["huge", "huge_tensor"])
def test_a_memory_bomb_is_out_of_memory(session, name):
    """30 GB are refused, in numpy's terms and in torch's, and the process lives on."""
    reply = ask(session, name)
    assert isinstance(reply, Raised)
    assert reply.failure.outcome is Outcome.OUT_OF_MEMORY
    assert value(session, "fine") == 7


def test_sys_exit_is_a_crash_in_words(session):
    """sys.exit raises in there; the report says who called it."""
    reply = ask(session, "leave_politely")
    assert isinstance(reply, Raised)
    assert reply.failure.outcome is Outcome.CRASHED
    assert "sys.exit()" in reply.failure.text


def test_what_a_check_changes_is_gone_in_the_next(session):
    """A list that a function fills is empty again for the next check."""
    assert value(session, "remember") == 1
    assert value(session, "remember") == 1


@pytest.mark.parametrize(("name", "words"), [("abort", "SIGABRT"), ("segfault", "SIGSEGV"), ("leave", "made the process exit")])
def test_a_crash_is_named_in_a_fork_for_checks_too(session, name, words):
    """Once a check has left something behind, checks run in forks: their ends are told as what they are as well."""
    assert value(session, "leave_children_behind") == 5
    assert value(session, "count_processes") == 2
    with pytest.raises(StudentStopped) as stopped:
        ask(session, name)
    assert words in stopped.value.message


def test_processes_left_behind_end_with_the_check(session):
    """Children in sessions of their own are gone when the next check begins."""
    assert value(session, "count_processes") == 1
    assert value(session, "leave_children_behind") == 5
    assert value(session, "count_processes") == 2  # one for checks, and the one that it was forked from
    assert value(session, "leave_children_behind") == 5
    assert value(session, "count_processes") == 2


def test_an_import_that_exits_is_told_and_the_other_file_lives(zygote):
    """sys.exit, os._exit or a crash at import costs the file that does it."""
    from grader.messages import Load, Unit
    from grader.sandbox.session import Session

    sources = {"bad": "import os\nos._exit(3)\n", "good": "def fine():\n    return 7\n"}
    loads = tuple(Load(name, (Unit(f"{name}.py", text),)) for name, text in sources.items())
    session = Session(zygote, (), loads, 10.0)
    try:
        session.start()
        assert value(session, "fine") == 7
        assert session.stopped_loads["bad"].outcome is Outcome.CRASHED
        assert "importing bad ended the process" in session.stopped_loads["bad"].text
    finally:
        session.close()


def test_an_import_that_hangs_ends_within_its_limit(zygote):
    """A file with an endless loop at top level is left out after its time; the rest is there."""
    from grader.messages import Load, Unit
    from grader.sandbox.session import Session

    loads = (Load("bad", (Unit("bad.py", "while True: pass\n"),)), Load("good", (Unit("good.py", "def fine():\n    return 7\n"),)))
    session = Session(zygote, (), loads, 0.5)
    began = time.monotonic()
    try:
        session.start()
        assert time.monotonic() - began < 10
        assert session.stopped_loads["bad"].outcome is Outcome.TIMEOUT
        assert value(session, "fine") == 7
    finally:
        session.close()


def test_a_clean_process_is_used_again(session):
    """Checks that leave nothing behind share a process: that is what makes them cheap."""
    value(session, "fine")
    started = session.restarts
    for _ in range(5):
        value(session, "fine")
    assert session.restarts == started


def test_a_check_may_be_ended_twice(session):
    """As a training's is that could not begin: once to make room for it, once at the check's end. The next check has its answers."""
    session.begin_check(1, 5.0)
    assert session.request(Call(Reference("name", "fine"))).value == 7
    session.end_check(wait=False)
    session.end_check()
    started = session.restarts
    assert value(session, "fine") == 7
    assert session.restarts == started


ENGINE = """
import torch

def compiles():
    return torch.backends.mkldnn.is_available(), torch._C._get_mkldnn_enabled()
"""


def test_a_training_compiles_its_convolutions_and_a_check_does_not(session_for):
    """oneDNN compiles for each shape: that pays off in the fresh process of a training, and is off in the others."""
    session = session_for(ENGINE)
    available, enabled = value(session, "compiles").items
    assert not enabled
    session.begin_check(1, 5.0, fresh=True)
    assert session.request(Call(Reference("name", "compiles"))).value.items == (available, available)
