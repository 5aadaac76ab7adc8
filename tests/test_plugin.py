"""`grader.plugin` under bare pytest: `pytest assignments/NAME reference/NAME --submission PATH`, as authors run it.

Each run of pytest with a submission costs seconds (two processes import torch), so that each checks several things.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import pytest

TOY = Path(__file__).parent / "toy_course"
SHAPES = (TOY / "reference/toy/shapes.py").read_text(encoding="utf-8")
SUMS_STUB = (TOY / "assignments/toy/sums.py").read_text(encoding="utf-8")


class Run(NamedTuple):
    """What a run of pytest left: its exit status, its output, and of each check what the XML says."""

    status: int
    output: str
    said: dict[str, str]  # check -> "" if it passed


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTEST_ADDOPTS": ""}


def pytest_on(course: Path, *arguments: str) -> Run:
    """Bare pytest in the course's folder. That it finds the plugin by its entry point is part of what is tested."""
    command = [sys.executable, "-m", "pytest", "assignments/toy", "reference/toy", "--junitxml", "out.xml", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    said = {}
    for case in ET.parse(course / "out.xml").iter("testcase"):
        result = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        said[case.get("name") or ""] = "" if result is None else (result.text or result.get("message") or "")
    return Run(done.returncode, done.stdout + done.stderr, said)


def copied(folder: Path, **files: str) -> Path:
    """The toy course in `folder`; `hidden=...`, `public=...` replace its checks, `shapes=...`, `sums=...` make a submission in hw/."""
    shutil.copytree(TOY, folder)
    (folder / "hw").mkdir()
    places = {
        "hidden": "reference/toy/test_hidden.py",
        "public": "assignments/toy/test_public.py",
        "shapes": "hw/shapes.py",
        "sums": "hw/sums.py",
    }
    for name, text in files.items():
        (folder / places[name]).write_text(text, encoding="utf-8")
    return folder


# --- right, wrong, not answered ---------------------------------------------------------------------------------------------------


def test_a_right_submission_passes(tmp_path: Path) -> None:
    """Four dots, exit status 0; also in the processes of pytest-xdist, where that is installed."""
    pytest.importorskip("xdist")
    course = copied(tmp_path / "course")
    run = pytest_on(course, "--submission", "reference/toy", "-n", "1")
    assert run.status == 0, run.output
    assert run.said == dict.fromkeys(
        (
            "test_area_of_a_rectangle",
            "test_running_total_of_three",
            "test_area_of_a_square",
            "test_running_total_falls_with_negative_values",
        ),
        "",
    )


def test_a_wrong_submission_is_told_what_and_a_stub_that_it_is_one(tmp_path: Path) -> None:
    """Our message and hint in the place of pytest's, nothing of the harness; what is not answered is called so."""
    course = copied(tmp_path / "course", shapes=SHAPES.replace("width * height", "width + height"), sums=SUMS_STUB)
    run = pytest_on(course, "--submission", "hw")
    assert run.status == 1
    assert run.said == {
        "test_area_of_a_rectangle": "failed: area(3, 4): expected 12, got 7.\n"
        "hint: You add width and height: an area is their product.",
        "test_running_total_of_three": "not_answered: not answered yet.",
        "test_area_of_a_square": "failed: Square(5).area(): expected 25, got 10.\n"
        "hint: You add width and height: an area is their product.",
        "test_running_total_falls_with_negative_values": "not_answered: not answered yet.",
    }
    assert "Traceback" not in run.output
    assert "grader/" not in run.output


# --- everything else that a check can come to -------------------------------------------------------------------------------------

ODD_WORK = """
import os
import sys
import time

calls = []


def double(x):
    return 2 * x if x < 10 else x


def first_right_then_wrong_then_right(x):
    calls.append(x)
    return -1 if len(calls) == 3 else x


def stubborn():
    while True:
        try:
            time.sleep(0.05)
        except BaseException:
            pass


def leave_politely():
    sys.exit("bye")


def leave():
    os._exit(0)


def count_calls():
    calls.append(None)
    return len(calls)


def thing():
    return object()


def divide():
    print("about to divide")
    return 1 / 0


def lie():
    import grader.sandbox.worker
    from grader.messages import Array

    grader.sandbox.worker.encode = lambda value, keep: Array("numpy", "float64", (1000,), b"")
    return 1
"""

ODD_CHECKS = '''
"""Checks that come to every end there is."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import assert_equal, assert_that, student_raises


@pytest.mark.question("Q1", points=1)
@given(x=st.integers(0, 100))
def test_property(student, x):
    """double(x) is x + x."""
    assert_equal(student.double(x), 2 * x, what=f"double({x})")


@pytest.mark.question("Q1", points=1)
@given(x=st.integers(0, 100))
def test_flaky(student, x):
    """The same input gives the same result."""
    assert_equal(student.first_right_then_wrong_then_right(x), x, what="the result")


@pytest.mark.question("Q1", points=1)
@pytest.mark.depends("test_property")
def test_dependent(student):
    """Builds on double."""
    raise ZeroDivisionError("this never runs")


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(0.4)
def test_timeout_by_position(student):
    """stubborn() ends."""
    student.stubborn()


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(timeout=0.3)
def test_timeout_by_name(student):
    """stubborn() ends, once more."""
    try:
        student.stubborn()
    except Exception:
        pass


@pytest.mark.question("Q1", points=1)
def test_timeout_by_option(student):
    """stubborn() ends within what --timeout says."""
    student.stubborn()


@pytest.mark.question("Q1", points=1)
def test_check_that_raises(student):
    """A mistake in the check."""
    {}["no such key"]


@pytest.mark.question("Q1", points=1)
def test_check_that_sends_what_cannot_be_sent(student):
    """Another mistake in the check."""
    student.double(object())


@pytest.mark.question("Q1", points=1)
def test_check_that_exits(student):
    """sys.exit in the check itself."""
    sys.exit(3)


@pytest.mark.question("Q1", points=1)
def test_student_exits(student):
    """sys.exit in the student's code."""
    student.leave_politely()


@pytest.mark.question("Q1", points=1)
def test_student_ends_the_process(student):
    """os._exit in the student's code."""
    student.leave()


@pytest.mark.question("Q1", points=1)
def test_process_is_new(student):
    """After all that, the module is as it was imported."""
    assert_equal(student.count_calls(), 1)


@pytest.mark.question("Q1", points=1)
def test_thing(student):
    """Arithmetic with an object."""
    assert_that(student.thing() + 1 > 0, "never reached")


@pytest.mark.question("Q1", points=1)
def test_student_raises(student):
    """An exception nobody asked for."""
    student.divide()


@pytest.mark.question("Q1", points=1)
def test_other_exception(student):
    """Another exception than the one asked for."""
    with student_raises("ValueError", what="divide()"):
        student.divide()


@pytest.mark.question("Q1", points=1)
def test_missing(student):
    """A name that nobody defined."""
    student.square_root(4)


@pytest.mark.question("Q1", points=1)
def test_skipped(student):
    """What this machine has not."""
    pytest.skip("needs a GPU")


@pytest.mark.question("Q1", points=1)
def test_bare_assert(student):
    """A check by assert alone."""
    assert student.double(20) == 40, "double(20) should be 40."


@pytest.mark.question("Q1", points=1)
def test_student_lies(student):
    """A message that contradicts itself."""
    student.lie()
'''


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of all the checks above."""
    course = copied(tmp_path_factory.mktemp("odd") / "course", hidden=ODD_CHECKS.lstrip(), shapes=ODD_WORK, sums=SUMS_STUB)
    (course / "assignments/toy/test_public.py").unlink()
    return pytest_on(course, "--submission", "hw", "--timeout", "0.6")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("test_dependent", 'blocked: Needs another check to pass first: "double(x) is x + x.".'),
        ("test_timeout_by_position", "timeout: no answer within 0.4 s, and it was waiting for something, not computing."),
        ("test_timeout_by_name", "timeout: no answer within 0.3 s, and it was waiting for something, not computing."),
        ("test_timeout_by_option", "timeout: no answer within 0.6 s, and it was waiting for something, not computing."),
        ("test_student_ends_the_process", "crashed: the code made the process exit (os._exit or the like)"),
        ("test_process_is_new", ""),
        (
            "test_student_lies",
            "crashed: The process sent something that is no answer "
            "(an array of shape (1000,) and dtype float64 came with 0 bytes, not 8000).",
        ),
        ("test_thing", "failed: expected a number, an array or a tensor, got an object of type object."),
        ("test_missing", "not_answered: the submission defines no `square_root`."),
        ("test_skipped", "test_skipped:0: needs a GPU."),
    ],
)
def test_every_end_of_a_check_is_told_in_words(odd: Run, check: str, said: str) -> None:
    """Blocked, out of time, crashed, lying, not answered, not graded: the outcome and one sentence."""
    assert odd.said[check].strip() == said


def test_a_property_names_the_smallest_example(odd: Run) -> None:
    """Hypothesis works through the proxy; the staff's part of the message has the input that it shrank to."""
    message, hint, example = odd.said["test_property"].split("\n", 2)
    assert message == "failed: double(10): expected 20, got 10."
    assert hint == "hint: Your value is exactly half the expected one."
    assert re.match("(Failing test case|Falsifying example): test_property", example)
    assert "x=10" in example


def test_a_flaky_function_is_the_students_failure(odd: Run) -> None:
    """One that does not give the same again fails, with a hint at what it could be."""
    message, hint, *_ = odd.said["test_flaky"].splitlines()
    assert message == "failed: The result is not the same when the same input comes again."
    assert hint == "hint: Does the function keep something from one call to the next?"


def test_a_check_that_breaks_down_is_its_authors_fault(odd: Run) -> None:
    """KeyError, an argument that cannot be sent, sys.exit: not graded, with the author's own traceback."""
    message = "not_graded: Not graded: the check itself is wrong; your instructor has been told.\n"
    raised = odd.said["test_check_that_raises"].splitlines()
    assert raised[1] == "Traceback (most recent call last):"
    assert re.search(r'test_hidden\.py", line \d+, in test_check_that_raises$', raised[2])  # nothing of pytest's comes before
    assert raised[-1] == "KeyError: 'no such key'"
    assert odd.said["test_check_that_raises"].startswith(message)
    assert odd.said["test_check_that_exits"].startswith(message)
    assert "SystemExit: 3" in odd.said["test_check_that_exits"]
    assert odd.said["test_check_that_sends_what_cannot_be_sent"] == (
        f"{message}an argument of type object cannot be sent to the student's process: send numbers, text, arrays, tensors, "
        "lists or dicts of them, or make the object there with library(student, ...) or a probe"
    )


def test_what_the_student_raised_is_told_with_its_line(odd: Run) -> None:
    """Type, text, place and source line; then the traceback from the student's first line on, and what was printed."""
    message, rest = odd.said["test_student_raises"].split("\n", 1)
    line = ODD_WORK.splitlines().index("    return 1 / 0") + 1
    assert message == f"error: ZeroDivisionError: division by zero (shapes.py, line {line}: return 1 / 0)"
    assert rest.startswith(f'File "shapes.py", line {line}, in divide\n')
    assert rest.endswith("ZeroDivisionError: division by zero\n\nprinted:\nabout to divide")
    assert odd.said["test_other_exception"].splitlines()[0] == (
        f"failed: divide(): expected ValueError, got ZeroDivisionError: division by zero (shapes.py, line {line}: return 1 / 0)."
    )
    exited = odd.said["test_student_exits"].splitlines()[0]
    line = ODD_WORK.splitlines().index('    sys.exit("bye")') + 1
    assert exited == f'crashed: SystemExit: the code calls sys.exit() or exit() (shapes.py, line {line}: sys.exit("bye"))'


def test_a_bare_assert_fails_the_student(odd: Run) -> None:
    """Its message is the student's, with what pytest adds to it."""
    assert odd.said["test_bare_assert"].startswith(
        "failed: double(20) should be 40.\nassert 20 == 40\n +  where 20 = student.double(20)\n"
    )


def test_the_harness_is_not_in_the_way(odd: Run) -> None:
    """The run fails as a run with failures does; of the harness's own files, no failure of the student's names one."""
    assert odd.status == 1
    students = {name: said for name, said in odd.said.items() if not name.startswith(("test_check_that", "test_flaky"))}
    assert [name for name, said in students.items() if "grader/" in said or " at 0x" in said] == []
    assert [name for name, said in odd.said.items() if "pluggy" in said] == []


# --- one sentence for the author --------------------------------------------------------------------------------------------------

MARK = '@pytest.mark.question("Q1", points=2)\ndef test_area_of_a_rectangle'
PUBLIC = (TOY / "assignments/toy/test_public.py").read_text(encoding="utf-8")

# name -> (what is replaced in test_public.py, by what, further arguments, the sentence)
MISUSES = {
    "no submission": ("", "", [], "checks of toy need a submission: pass --submission PATH."),
    "not there": ("", "", ["--submission", "nowhere"], "--submission nowhere: there is no such file or folder."),
    "no homework": (
        "",
        "",
        ["--submission", "hw"],
        "or one submission's own files (shapes.py, sums.py, toy.ipynb), found nothing.",
    ),
    "unknown question": (
        '"Q1"',
        '"Q9"',
        [],
        "test_public.py, test_area_of_a_rectangle: toy has no question Q9: expected one of Q1, Q2.",
    ),
    "no marker": (
        MARK,
        "def test_area_of_a_rectangle",
        [],
        'test_public.py, test_area_of_a_rectangle: a check needs @pytest.mark.question("Q1", points=...); it has none',
    ),
    "no points": (
        '"Q1", points=2',
        '"Q1"',
        [],
        "test_public.py, test_area_of_a_rectangle: question(..., points=...) has to be a number above 0; found None",
    ),
    "no number of points": (
        '"Q1", points=2',
        '"Q1", points=True',
        [],
        "test_public.py, test_area_of_a_rectangle: question(..., points=...) has to be a number above 0; found True",
    ),
    "no docstring": (
        '    """area(3, 4) is 12."""\n',
        "",
        [],
        "test_public.py, test_area_of_a_rectangle: a check needs a docstring; its first line is the title that students see",
    ),
    "no time": (
        MARK,
        f"@pytest.mark.timeout('soon')\n{MARK}",
        [],
        "test_public.py, test_area_of_a_rectangle: timeout(...) has to be a number of seconds above 0; found 'soon'",
    ),
    "used at import": (
        "import pytest\n",
        "import pytest\n\nfrom grader.student import Link, Student\n\nStudent(Link()).area(3, 4)\n",
        [],
        "grader.errors.AssignmentError: `student` was used outside of a check: use it in a test that takes the fixture, not at import",
    ),
}

DRIVER = """
import contextlib, io, json, sys
import pytest

results = {}
for name, arguments in json.loads(sys.argv[1]).items():
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        status = pytest.main([*arguments, "--import-mode=importlib", "-p", "no:cacheprovider"])
    results[name] = [int(status), out.getvalue()]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def misuses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Every misuse in a course of its own, all collected by one process: none of them gets as far as a student's process."""
    root = tmp_path_factory.mktemp("misuses")
    runs = {}
    for number, (name, (before, after, arguments, _)) in enumerate(MISUSES.items()):
        public = PUBLIC.replace(before, after, 1) if before else PUBLIC
        assert not before or public != PUBLIC
        course = copied(root / f"course_{number}", public=public)
        paths = [course / arguments[1]] if arguments and arguments[1] != "nowhere" else arguments[1:]
        options = [*arguments[:1], *map(str, paths)]
        runs[name] = [str(course / "assignments/toy"), str(course / "reference/toy"), f"--rootdir={root}", *options]
    command = [sys.executable, "-c", DRIVER, json.dumps(runs)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, env=environment(), check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_is_one_sentence(misuses: dict[str, tuple[int, str]], name: str) -> None:
    """What is wrong, in which file and test; and pytest's exit status for wrong usage."""
    status, output = misuses[name]
    sentence = MISUSES[name][3]
    assert sentence in output
    if name == "used at import":
        assert status == pytest.ExitCode.INTERRUPTED  # a module that cannot be imported is pytest's to tell
        return
    assert status == pytest.ExitCode.USAGE_ERROR
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert sentence in errors[0]
    assert "Traceback" not in output
