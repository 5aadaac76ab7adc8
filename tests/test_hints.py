"""`grader.hints`: the diagnosis of a known mistake, where a wrong value is that mistake's, and nowhere else.

The submissions run in this process, as the mistakes do; no process is started.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from grader.collecting import with_checks
from grader.homework.assignment import load_assignment
from grader.local import local_transport
from grader.messages import CheckResult
from grader.runner import Checks

CHECKS = '''"""Checks of one question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import assert_close, assert_equal, assert_that


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(0.5)
def test_two_subjects(student):
    """Two areas."""
    assert_equal(student.area(3, 4), 12, what="area(3, 4)")
    assert_equal(student.area(1, 1), 1, what="area(1, 1)")


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(0.5)
def test_without_value(student):
    """A judgement that shows no value."""
    assert_that(student.area(2, 5) > 8, "area(2, 5): expected more than 8.")


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(0.5)
@given(side=st.floats(1, 9))
def test_property(student, side):
    """Squares."""
    assert_close(student.area(side, side), side * side, what=f"area({side}, {side})")


@pytest.mark.question("Q1", points=1)
@pytest.mark.timeout(0.5)
def test_who_is_asked(student):
    """The student's own process is asked, whatever ran before."""
    assert_equal(student.name(), "student")


@pytest.mark.question("Q2", points=6)
def test_another_question(student):
    """A check of another question."""
    assert_equal(student.area(3, 4), 12, what="area(3, 4)")
'''

RIGHT = 'def area(width, height):\n    return width * height\n\n\ndef name():\n    return "student"\n'
ADDS = "You add width and height: an area is their product."


@pytest.fixture(autouse=True)
def _profile() -> Iterator[None]:
    """Collecting checks loads a profile of Hypothesis: the other tests of this process keep theirs."""
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


@pytest.fixture
def course(toy_course: Path) -> Path:
    """The toy course with the checks above and nothing hidden; its one mistake adds."""
    (toy_course / "assignments/toy/test_public.py").write_text(CHECKS, encoding="utf-8")
    (toy_course / "reference/toy/test_hidden.py").unlink()
    return toy_course


def add_mistake(course: Path, name: str, diagnosis: str, body: str) -> None:
    text = f'"""{diagnosis}"""\n\nQUESTION = "Q1"\nFILE = "shapes.py"\n\n\n{body}'
    (course / f"reference/toy/mistakes/{name}.py").write_text(text, encoding="utf-8")


def graded(course: Path, *bodies: str) -> list[dict[str, CheckResult]]:
    """The results, by check, of submissions with these definitions of `area`, one after the other in one session."""
    found = []

    def body(checks: Checks) -> None:
        for text in bodies:
            with local_transport({"shapes.py": f"{RIGHT}\n\n{text}", "sums.py": ""}) as transport:
                found.append({result.name: result for result in checks.run(transport)})

    with_checks(load_assignment("toy", course), body, hidden=False)
    return found


def test_a_value_that_is_a_known_mistakes_has_its_diagnosis(course: Path) -> None:
    """However the student came to it; and on the mistake's question alone."""
    (results,) = graded(course, "def area(a, b):\n    return float(sum([a, b]))\n")
    assert results["test_two_subjects"].message == "area(3, 4): expected 12, got 7."
    assert results["test_two_subjects"].hint == ADDS
    assert results["test_another_question"].message == "area(3, 4): expected 12, got 7."
    assert results["test_another_question"].hint != ADDS


def test_the_same_number_of_something_else_has_none(course: Path) -> None:
    """7 is the mistake's area(3, 4); a 7 as area(1, 1) is another matter, and so is another value of the same."""
    same_number, other_value = graded(
        course,
        "def area(a, b):\n    return 7 if a == 1 else a * b\n",
        "def area(a, b):\n    return a * b + 1\n",
    )
    assert same_number["test_two_subjects"].message == "area(1, 1): expected 1, got 7."
    assert ADDS not in same_number["test_two_subjects"].hint
    assert other_value["test_two_subjects"].message == "area(3, 4): expected 12, got 13."
    assert ADDS not in other_value["test_two_subjects"].hint


def test_a_judgement_without_a_value_goes_by_its_words(course: Path) -> None:
    """Where there is no evidence on either side, the same message is the same mistake."""
    (results,) = graded(course, "def area(a, b):\n    return 0\n")
    assert results["test_without_value"].message == "area(2, 5): expected more than 8."
    assert results["test_without_value"].hint == ADDS


def test_a_property_is_recognised_by_its_smallest_example(course: Path) -> None:
    """Hypothesis is derandomised: mistake and student fail with the same example."""
    (results,) = graded(course, "def area(a, b):\n    return b + a\n")
    assert results["test_property"].message.startswith("area(1.0, 1.0): expected 1, got 2")
    assert results["test_property"].hint == ADDS


def test_a_mistake_that_raises_explains_nothing_and_hides_no_other(course: Path) -> None:
    """An exception, sys.exit, a missing name: the mistakes after it are tried all the same."""
    add_mistake(course, "a_raises", "You raise.", "def area(width, height):\n    raise TypeError\n")
    add_mistake(course, "a_exits", "You exit.", "import sys\n\n\ndef area(width, height):\n    sys.exit(1)\n")
    add_mistake(course, "a_deletes", "You delete.", "del area\n")
    add_mistake(course, "a_prints", "You print.", 'def area(width, height):\n    print("printed by the mistake")\n    return -1\n')
    adds, raises = graded(course, "def area(a, b):\n    return a + b\n", "def area(a, b):\n    raise TypeError\n")
    assert adds["test_two_subjects"].hint == ADDS
    assert raises["test_two_subjects"].outcome.value == "error"
    assert raises["test_two_subjects"].hint == ""


def test_a_mistake_that_loops_ends_with_the_checks_time(course: Path) -> None:
    """It explains nothing, costs the check's seconds once, and the others are tried."""
    add_mistake(course, "a_loops", "You loop.", "def area(width, height):\n    while True:\n        pass\n")
    body = "def area(a, b):\n    return a + b\n"
    began = time.monotonic()
    first, second = graded(course, body, body)
    assert time.monotonic() - began < 8
    assert first["test_two_subjects"].hint == ADDS
    assert first["test_property"].hint == ADDS
    assert second["test_two_subjects"].hint == ADDS


def test_trying_the_mistakes_leaves_no_trace(course: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The next check asks the student again; folder and modules are as before; what a mistake prints is not seen."""
    add_mistake(
        course,
        "prints",
        "You print.",
        'def area(width, height):\n    print("by the mistake")\n    return -1\n\n\ndef name():\n    return "mistake"\n',
    )
    folder, modules = os.getcwd(), {name: sys.modules.get(name) for name in ("shapes", "sums")}
    (results,) = graded(course, "def area(a, b):\n    return -1\n")
    assert results["test_two_subjects"].hint == "You print."
    assert results["test_who_is_asked"].outcome.value == "passed"
    assert os.getcwd() == folder
    assert {name: sys.modules.get(name) for name in modules} == modules
    assert "by the mistake" not in results["test_two_subjects"].staff_message
    assert "by the mistake" not in "".join(capfd.readouterr())


def test_mistakes_are_tried_once_a_check(course: Path) -> None:
    """A class with the same error costs one trial, and a right submission none."""
    counted = course / "count.txt"
    counting = f"    with open({str(counted)!r}, 'a') as file:\n        file.write('x')\n"
    add_mistake(course, "counts", "You count.", f"def area(width, height):\n{counting}    return -1\n")
    graded(course, "", "")
    assert not counted.exists()
    wrong = "def area(a, b):\n    return -1 if (a, b) == (3, 4) else a * b\n"
    first, second = graded(course, wrong, wrong)
    assert first["test_two_subjects"].hint == second["test_two_subjects"].hint == "You count."
    assert counted.read_text(encoding="utf-8") == "x"


def test_where_several_mistakes_have_that_value_all_are_named(course: Path) -> None:
    """This check alone cannot tell them apart, and a wrong diagnosis would mislead."""
    add_mistake(course, "area_grows", "You add where you should multiply.", "def area(a, b):\n    return b + a\n")
    (results,) = graded(course, "def area(a, b):\n    return a + b\n")
    assert results["test_two_subjects"].hint == f"{ADDS} Or: You add where you should multiply."
