"""A time limit is one of the process's own processor time: a busy machine costs nobody points, and waiting is no way to gain time."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from grader.errors import StudentStopped
from grader.messages import Call, Reference, Returned
from grader.outcomes import Outcome

SOURCE = """
import os, socket, threading, time

def compute(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return os.getpid()

def doze():
    time.sleep(600)

def policy():
    return os.environ.get("OMP_WAIT_POLICY")

def dribble():
    connection = socket.socket(fileno=os.dup(3))
    connection.sendall((1 << 16).to_bytes(8, "little"))
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)

def have_a_child_compute():
    child = os.fork()
    if child == 0:
        while True:
            pass
    os.waitpid(child, 0)

def leave_a_child():
    child = os.fork()
    if child == 0:
        time.sleep(600)
    return 1
"""


@pytest.fixture
def session(session_for):
    return session_for(SOURCE)


@pytest.fixture
def busy_processor():
    """Three processes that want the processor on which the returned number says that a fourth may run."""
    import os

    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say which processor a process runs on")
    processor = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{processor}}}); print(flush=True)\nwhile True: pass"
    # a session each: the kernel may share a processor out among sessions before it does so among processes
    busy = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) for _ in range(3)]
    for process in busy:
        assert process.stdout is not None
        process.stdout.readline()
    yield processor
    for process in busy:
        process.kill()
        process.communicate()


def ask(session, name, *args, seconds):
    session.begin_check(1, seconds)
    try:
        return session.request(Call(Reference("name", name), args))
    finally:
        session.end_check()


def test_a_right_answer_on_a_busy_machine_is_no_timeout(session, busy_processor):
    """0.6 s of computing pass a limit of 1 s, though three others on the processor make more than twice that of them."""
    session.zygote.processors = (busy_processor,)
    session.close()
    session.start()
    began = time.monotonic()
    assert isinstance(ask(session, "compute", 0.6, seconds=1.0), Returned)
    assert time.monotonic() - began > 1.2, "the machine was not busy: this test has shown nothing"


def test_threads_that_wait_for_each_other_do_not_compute_meanwhile(session):
    """What they would burn on a busy machine counts as the student's own time."""
    assert ask(session, "policy", seconds=5.0) == Returned("passive")


def test_many_answers_on_a_busy_machine_are_no_timeout(session, busy_processor):
    """A hundred answers after the deadline on the wall, each of a moment, are within a limit on processor time."""
    session.zygote.processors = (busy_processor,)
    session.close()
    session.start()
    session.begin_check(1, 0.9)
    began = time.monotonic()
    while time.monotonic() - began < 0.9:  # the grader takes its time, too
        time.sleep(0.1)
    for _ in range(100):
        assert isinstance(session.request(Call(Reference("name", "compute"), (0.004,))), Returned)
    session.end_check()


def test_a_loop_on_a_busy_machine_is_one(session, busy_processor):
    """More than the limit in processor time is too long, whatever the machine does."""
    session.zygote.processors = (busy_processor,)
    session.close()
    session.start()
    with pytest.raises(StudentStopped) as stopped:
        ask(session, "compute", 60.0, seconds=0.5)
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert stopped.value.message == "no answer within 0.5 s"
    assert session.cpu_seconds() >= 0.5


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("doze", r"no answer within 0\.5 s, and it was waiting for something, not computing"),
        ("dribble", r"no answer within \d+ s by the clock, in which it computed for 0\.\d s"),
    ],
)
def test_waiting_gains_no_time(session, name, said):
    """What sleeps, or sends a byte now and then, has had its time when the limit has passed on the wall; and is told so."""
    began = time.monotonic()
    with pytest.raises(StudentStopped) as stopped:
        ask(session, name, seconds=0.5)
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert re.fullmatch(said, stopped.value.message)
    assert time.monotonic() - began < 9
    assert session.cpu_seconds() < 0.3, "what it computed is known after its end"


def test_the_time_of_children_counts(session):
    """To have another process compute, and to wait for it, is to compute."""
    began = time.monotonic()
    with pytest.raises(StudentStopped) as stopped:
        ask(session, "have_a_child_compute", seconds=0.5)
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 9


def test_earlier_checks_do_not_count(session):
    """Four checks of 0.4 s each pass a limit of 0.8 s, in the process that imported the submission and in forks of it."""
    for _ in range(4):
        assert isinstance(ask(session, "compute", 0.4, seconds=0.8), Returned)
    assert ask(session, "leave_a_child", seconds=5.0) == Returned(1)
    for _ in range(4):
        assert isinstance(ask(session, "compute", 0.4, seconds=0.8), Returned)


def test_the_time_is_told(session):
    """The session says how much processor time the process took since the check began."""
    session.begin_check(1, 5.0)
    session.request(Call(Reference("name", "compute"), (0.3,)))
    assert 0.25 < session.cpu_seconds() < 2.0
    session.end_check()
