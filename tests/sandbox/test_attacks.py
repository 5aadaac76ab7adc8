"""What a hostile submission tries, and what it gets: no points, nobody else's, no escape from its zero, and no harm to the grader.

Most of these submissions send messages of their own making: student code shares a process with the module that answers for it, and
may replace it. What the grader believes of them is what is tested here.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from grader.classify import classify
from grader.errors import CheckFailed, ProtocolError
from grader.judgements.compare import assert_close, assert_equal
from grader.messages import Failure, Load, Reply, Unit
from grader.outcomes import Fault, Outcome
from grader.plugin import _shortened
from grader.probes import layers_of, optimizer_of, parameters_of, training_mode
from grader.reports.safe import plain
from grader.student import Link, Student
from grader.wire import MAX_VALUES, demand_few_values, typed_decoder

FORGERY = '''
import os, socket, time
import msgspec
import grader.sandbox.worker as worker

line = socket.socket(fileno=os.dup(3))

def send(record):
    payload = msgspec.msgpack.encode(record)
    line.sendall(len(payload).to_bytes(8, "little") + payload)

def answer_always(record):
    """Answer every question with this record, whatever it is."""
    payload = msgspec.msgpack.encode(record)
    class Executor(worker.Executor):
        pass
    honest = worker._send
    def forged(connection, reply):
        if type(reply).__name__ in ("Returned", "Raised"):
            connection.sendall(len(payload).to_bytes(8, "little") + payload)
        else:
            honest(connection, reply)
    worker._send = forged

def returned(value):
    answer_always({"type": "Returned", "value": value})

def raised(**fields):
    answer_always({"type": "Raised", "failure": {"type": "Failure", "outcome": "error", "types": ["E"], "text": "", **fields}})

def array(shape, data=b"", dtype="float32", library="torch"):
    return {"type": "Array", "library": library, "dtype": dtype, "shape": shape, "data": data}

def items(*values, kind="list"):
    return {"type": "Items", "kind": kind, "items": values}

def f(*args):
    return 1
'''


@pytest.fixture
def attack(session_for):
    """`attack(source)`: the student's proxy of a submission that forges messages; a check of 5 s has begun."""

    def make(source: str, seconds: float = 5.0) -> Student:
        session = session_for(FORGERY + source)
        session.begin_check(1, seconds)
        link = Link()
        link.transport = session
        make.session = session
        return Student(link)

    return make


def verdict_of(check):
    """What becomes of a check with this body."""
    try:
        check()
    except BaseException as error:  # noqa: BLE001 - StudentStopped is none but a BaseException
        return classify(error)
    return classify(None)


def costs(verdict, outcome=None):
    """Whether the verdict gives no points and leaves them in the score: it is the student's own."""
    known = outcome is None or verdict.outcome is outcome
    return known and verdict.outcome not in (Outcome.PASSED, Outcome.NOT_GRADED) and verdict.fault is Fault.STUDENT


# --- verdicts that were not asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["passed", "not_graded", "blocked", "failed"])
def test_a_forged_outcome_is_refused(attack, outcome):
    """A process that reports its own failure as passed, or as nobody's to grade, has crashed."""
    student = attack(f'raised(outcome="{outcome}")')
    assert costs(verdict_of(lambda: student.f(1)), Outcome.CRASHED)


def test_a_failure_record_holds_what_student_code_can_do():
    """No code of the harness can make one that passes, either."""
    with pytest.raises(ValueError, match="cannot end as passed"):
        Failure(Outcome.PASSED, ("E",), "")


def test_an_object_that_equals_everything_is_an_object(attack):
    """Its `__eq__` stays where it is: what arrives is a handle, and no number."""
    student = attack(
        """
class Yes(float):
    def __eq__(self, other): return True
    __ne__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = float.__hash__
class Anything:
    def __eq__(self, other): return True
    def __float__(self): return 3.0
def f(kind): return Yes(5.0) if kind else Anything()
"""
    )
    for kind in (0, 1):
        assert costs(verdict_of(lambda kind=kind: assert_close(student.f(kind), 3.0)), Outcome.FAILED)
        assert costs(verdict_of(lambda kind=kind: assert_equal(student.f(kind), 3)), Outcome.FAILED)


def test_patched_comparisons_change_nothing_here(attack):
    """numpy, torch and the harness patched in the student's process: the comparison is made in another."""
    student = attack(
        """
import numpy, torch, grader.wire
numpy.allclose = numpy.array_equal = torch.allclose = torch.equal = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
"""
    )
    assert costs(verdict_of(lambda: assert_close(student.f(1), 2)), Outcome.FAILED)


# --- values that contradict themselves ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "array([3])",  # bytes are missing
        "array([2**40], b'x' * 4)",
        "array([0, 10**18])",
        "array([10**18, 0])",
        "array([0, 2**63 - 1], library='numpy')",
        "array([0] * 60)",
        "array([-1])",
        "array([2], b'\\x02\\xff', 'bool')",
        "array([1], b'x' * 8, 'object', 'numpy')",
        "{'type': 'Number', 'kind': 'int', 'text': '9' * 5000}",
        "{'type': 'Number', 'kind': 'complex', 'text': '__import__'}",
        "{'type': 'Constant', 'kind': 'dtype', 'text': '_dynamo'}",
        "{'type': 'Constant', 'kind': 'device', 'text': 'nowhere'}",
        "{'type': 'Reference', 'kind': 'library', 'root': 'os', 'path': ['system']}",
        "{'type': 'Reference', 'kind': 'kept', 'root': 0, 'type_name': 'T' * 1_000_000}",
        "items(items(1), kind='set')",
        "{'type': 'Unknown'}",
        "msgspec.msgpack.Ext(1, b'x')",
        "functools.reduce(lambda inner, _: items(inner), range(200), 1)",
    ],
)
def test_a_malformed_value_costs_its_check(attack, value):
    """What no honest process sends is the student's crash: neither points, nor out of the score as a fault of the grader's."""
    student = attack(f"import functools\nreturned({value})")
    assert costs(verdict_of(lambda: student.f(1)), Outcome.CRASHED)


def test_keys_of_one_hash_do_not_stop_the_grader(attack):
    """20,000 complex numbers with the same hash would take seconds, a million days."""
    student = attack(
        """
number = lambda n: {"type": "Number", "kind": "complex", "text": f"{-1000003 * n}+{n}j"}
returned({"type": "Mapping", "items": [(number(n), None) for n in range(20_000)]})
"""
    )
    began = time.monotonic()
    assert costs(verdict_of(lambda: student.f(1)), Outcome.CRASHED)
    assert time.monotonic() - began < 2


def test_a_message_of_millions_of_values_is_refused_unread():
    """Ten bytes of message could become gigabytes here: they are counted first. What holds few values is not walked through."""
    one = msgspec.msgpack.encode(["a"] * (MAX_VALUES + 1))
    with pytest.raises(ProtocolError, match="more than 2,000,000 values"):
        typed_decoder(Reply)(one)
    mixed = [None, True, 7, -7, 300, -300, 2**40, -(2**40), 1.5, "a" * 20, "b" * 300, b"c" * 70_000, {"k": [1] * 20}, [0] * 70_000]
    demand_few_values(msgspec.msgpack.encode([*mixed, b"x" * (MAX_VALUES * 3)]))
    with pytest.raises(ProtocolError):
        demand_few_values(msgspec.msgpack.encode([*mixed, b"x" * MAX_VALUES, *[1.5] * MAX_VALUES]))


@pytest.mark.parametrize("header", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"])
def test_an_announced_length_takes_no_memory(header):
    """A header that announces four billion values, and none after it, is refused as cut off."""
    with pytest.raises(ProtocolError):
        typed_decoder(Reply)(b"\x82\xa4type\xa8Returned\xa5value" + header)


def test_a_probe_that_is_answered_with_nonsense_costs_the_student(attack):
    """Tables of parameters, layers and settings with text for numbers and numbers for tables."""
    for rows in ('items(items("w", items("x", kind="tuple"), "many", None, True, True, kind="tuple"))', "items(1)", "'text'"):
        student = attack(f'returned({{"type": "Reference", "kind": "kept", "root": 0}})\nnonsense = {rows}')
        net = student.f(1)
        student = attack(f"returned({rows})")
        net = type(net)(object.__getattribute__(student, "_link"), object.__getattribute__(net, "_reference"))
        for ask in (parameters_of, layers_of, optimizer_of):
            assert costs(verdict_of(lambda ask=ask, net=net, student=student: ask(student, net)), Outcome.FAILED)
    student = attack("returned(array([2], b'x' * 8))")
    net = type(net)(object.__getattribute__(student, "_link"), object.__getattribute__(net, "_reference"))
    assert costs(verdict_of(lambda: training_mode(student, net)), Outcome.FAILED)


def test_a_length_past_all_memory_is_none(attack):
    """len() of a handle whose process answers 2**63."""
    student = attack('returned({"type": "Reference", "kind": "kept", "root": 0})')
    handle = student.f(1)
    student = attack("returned(2**63)")
    handle = type(handle)(object.__getattribute__(student, "_link"), object.__getattribute__(handle, "_reference"))
    assert len(handle) == 0


# --- words --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["text='x' * 10**7", "where='x' * 10**7", "traceback='x' * 10**7", "types=['x'] * 10**5"])
def test_a_failure_in_megabytes_is_refused(attack, field):
    """A forged failure does not fill the report."""
    student = attack(f"raised({field})")
    verdict = verdict_of(lambda: student.f(1))
    assert costs(verdict, Outcome.CRASHED)
    assert len(verdict.message) < 1_000


def test_names_of_megabytes_are_cut(attack):
    """An exception's type, the file that a code object claims, and a type's name, all a million letters long."""
    student = attack(
        """
def f(n):
    long = "w" * 10**6
    if n:
        return type(long, (), {})()
    names = {}
    exec(compile("def g(e): raise e", long, "exec"), names)
    names["g"](type(long, (Exception,), {})(long))
"""
    )
    verdict = verdict_of(lambda: student.f(0))
    assert costs(verdict, Outcome.ERROR)
    assert len(verdict.message) + len(verdict.staff_message) < 20_000
    verdict = verdict_of(lambda: assert_close(student.f(1), 1.0))
    assert costs(verdict, Outcome.FAILED)
    assert len(verdict.message) < 200


def test_a_message_has_a_readable_size():
    """A dict with 100,000 keys too many is told by its first ones."""
    with pytest.raises(CheckFailed) as failed:
        assert_equal({str(n): n for n in range(100_000)}, {"a": 1})
    text = _shortened(failed.value.message, 4_000)
    assert len(text) < 4_100
    assert text.endswith("more characters)")


def test_text_of_megabytes_is_described_by_its_beginning():
    """Writing all of it out would take ten times its size."""
    began = time.monotonic()
    with pytest.raises(CheckFailed, match=r"got the text '(\\x01)+\\…'"):
        assert_close("\x01" * 50_000_000, np.zeros(3) + 1)
    assert time.monotonic() - began < 1


def test_no_text_becomes_a_command():
    """Control characters, changes of direction, and what a CI system takes for a command, also where a line is broken."""
    text = plain("\x1b[31mred\x07 \u202eleft\u2066 \u2028 a ::error::b ##[group] ::::\ud800")
    assert "\x1b" not in text
    assert "::" not in text
    assert "##[" not in text
    assert not {"\u202e", "\u2066", "\u2028", "\ud800"} & set(text)


# --- the protocol -------------------------------------------------------------------------------------------------------------------


def test_answers_in_advance_are_values_and_nothing_more(attack):
    """Ten guesses sent before the question: each is judged as the answer to one."""
    student = attack('def f(x):\n    for _ in range(10): send({"type": "Returned", "value": 41})\n    return 42')
    assert costs(verdict_of(lambda: assert_equal(student.f(1), 42)), Outcome.FAILED)
    assert costs(verdict_of(lambda: assert_equal(student.f(1), 42)), Outcome.FAILED)


@pytest.mark.parametrize("kind", ["Loaded", "Done", "Locked", "Begin"])
def test_an_answer_to_another_question_ends_the_process(attack, kind):
    """Records of the wrong kind, or of the other direction."""
    student = attack(f'answer_always({{"type": "{kind}", "names": [], "layers": [], "seed": 1}})')
    assert costs(verdict_of(lambda: student.f(1)), Outcome.CRASHED)


def test_a_thread_that_writes_in_between_hurts_only_its_own(attack, session_for):
    """Frames from a thread, before and after the answer: that process is lost, the next one of the class is not."""
    student = attack(
        """
import threading
def flood():
    while True:
        send({"type": "Done"})
def f(x):
    threading.Thread(target=flood, daemon=True).start()
    time.sleep(0.1)
    return x
"""
    )
    assert costs(verdict_of(lambda: student.f(1)), Outcome.CRASHED)
    other = session_for("def f(x):\n    return x + 1\n")
    other.begin_check(1, 5.0)
    link = Link()
    link.transport = other
    assert Student(link).f(1) == 2


@pytest.mark.parametrize("when", ["in a check", "at import"])
def test_cutting_the_connection_is_a_crash(zygote, when):
    """A process that shuts its socket and lives on is ended, and costs neither 20 s nor the whole class."""
    from grader.sandbox.session import Session

    cut = "line.shutdown(2)\n{0}while True: pass\n"
    source = FORGERY + (cut.format("") if when == "at import" else "def f(x):\n    " + cut.format("    "))
    session = Session(zygote, (), (Load("work", (Unit("work.py", source),)),), 10.0)
    link = Link()
    link.transport = session
    began = time.monotonic()
    try:
        session.start()
        session.begin_check(1, 10.0)
        verdict = verdict_of(lambda: Student(link).f(1))
    finally:
        session.close()
    assert time.monotonic() - began < 8
    if when == "at import":
        assert costs(verdict, Outcome.NOT_ANSWERED)
        assert "cut the process's connection" in session.stopped_loads["work"].text
    else:
        assert costs(verdict, Outcome.CRASHED)
        assert "cut the process's connection" in verdict.message


def test_slow_imports_are_not_repeated_for_ever(session_for):
    """A submission that takes long to import and dies in every check stops being imported: it holds up nobody else."""
    session = session_for("import os, time\ntime.sleep(0.35)\ndef f():\n    os._exit(1)\n", import_seconds=0.5)
    link = Link()
    link.transport = session
    verdicts = []
    for _ in range(9):
        verdicts.append(verdict_of(lambda: (session.begin_check(1, 5.0), Student(link).f())))
        session.end_check()
    assert [v.outcome for v in verdicts[:4]] == [Outcome.CRASHED] * 4
    assert verdicts[-1].outcome is Outcome.TIMEOUT
    assert "importing it again" in verdicts[-1].message
    assert session.restarts < 9


# --- the machine --------------------------------------------------------------------------------------------------------------------


def test_memory_that_no_limit_counts_is_refused(attack):
    """System V's shared memory and queues, and anonymous files: kept by the kernel, whoever attached them."""
    student = attack(
        """
import ctypes
def f(x):
    libc = ctypes.CDLL(None, use_errno=True)
    return [libc.shmget(0, ctypes.c_size_t(2**20), 0o1600), libc.msgget(0, 0o1600), libc.semget(0, 1, 0o1600),
            libc.memfd_create(b"x", 0)]
"""
    )
    assert student.f(1) == [-1, -1, -1, -1]


def test_the_kernel_ends_a_students_process_first(attack):
    """Where memory runs out, it is not the grader that is chosen."""
    student = attack('def f(x):\n    return open("/proc/self/oom_score_adj").read().strip()')
    assert student.f(1) == "1000"


def test_what_earlier_submissions_left_is_not_there(session_for):
    """Files in every writable folder, shared memory, environment variables: the next submission finds none."""
    places = ["/dev/shm/left", "/tmp/left", "left", "../left"]
    leave = f"import os\nos.environ['LEFT'] = '1'\nfor p in {places}:\n    try: open(p, 'w').write('x')\n    except OSError: pass\n"
    look = f"import os\ndef f():\n    return [p for p in {places} if os.path.exists(p)] + ['LEFT'] * ('LEFT' in os.environ)\n"
    session_for(leave + look)
    session = session_for(look)
    session.begin_check(1, 5.0)
    link = Link()
    link.transport = session
    assert Student(link).f() == []


def test_a_process_sees_no_connection_but_its_own(attack):
    """No descriptor of the grader's, the zygote's or another submission's is open, and those that are lead nowhere."""
    student = attack(
        """
def f(x):
    line.close()
    return {name: os.readlink(f"/proc/self/fd/{name}").split(":")[0] for name in os.listdir("/proc/self/fd")
            if os.path.lexists(f"/proc/self/fd/{name}")}
"""
    )
    assert student.f(1) == {"0": "/dev/null", "1": "/dev/null", "2": "/dev/null", "3": "socket"}


def test_nothing_survives_without_namespaces():
    """Where there is no namespace to end with it, a child in a session of its own ends with its submission all the same."""
    from grader.sandbox.client import ZygoteProcess
    from grader.sandbox.plan import Plan
    from grader.sandbox.session import Session

    source = """
import os, time
def f():
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            time.sleep(20)
        os._exit(0)
    return int(os.read(read, 20))
"""
    with tempfile.TemporaryDirectory() as root, ZygoteProcess(Plan(root=root, readable=(), lock_in=False)) as zygote:
        session = Session(zygote, (), (Load("work", (Unit("work.py", source),)),), 10.0)
        session.start()
        session.begin_check(1, 5.0)
        link = Link()
        link.transport = session
        survivor = Path(f"/proc/{Student(link).f()}")
        assert survivor.exists()
        session.close()
        deadline = time.monotonic() + 3
        while survivor.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not survivor.exists()


# --- what a probe shows -------------------------------------------------------------------------------------------------------------


def test_expected_values_are_not_in_the_process(attack):
    """Neither the callers' frames nor the objects in memory hold what a check compares with."""
    expected = "expected-value-marker"
    student = attack(
        """
import gc, sys
def f(x):
    frame, seen = sys._getframe(), ""
    while frame:
        seen += repr(frame.f_locals.keys()) + repr(frame.f_code.co_filename)
        frame = frame.f_back
    wanted = "-".join(("value", "marker"))
    return seen + str([o for o in gc.get_objects() if type(o) in (list, dict, tuple) and wanted in str(o)[:10_000]])
"""
    )
    found = student.f(1)
    assert expected.removeprefix("expected-") not in found
    assert "test_" not in found
    verdict = verdict_of(lambda: assert_equal(found, expected))
    assert costs(verdict, Outcome.FAILED)
