"""`grader.collecting` and `grader.runner`: checks that use what pytest has, in one session for many submissions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.collecting import with_checks
from grader.errors import AssignmentError
from grader.homework.assignment import load_assignment
from grader.local import local_transport
from grader.messages import CheckResult
from grader.outcomes import Outcome
from grader.runner import Checks

HIDDEN = '''"""Hidden checks that have fixtures, parameters, markers and set-up of their own, between others that have none."""

import pytest

from grader import assert_equal, assert_that

ALIVE = []


@pytest.fixture(scope="module")
def for_all():
    ALIVE.append("module")
    yield len(ALIVE)
    ALIVE.remove("module")


@pytest.fixture(params=[3])
def side(request):
    ALIVE.append("side")
    yield request.param
    ALIVE.remove("side")


@pytest.fixture
def doubled(request):
    return 2 * request.param


@pytest.mark.question("Q1", points=0.25)
def test_plain(student):
    """Nothing is set up for a check that takes the student alone."""
    assert_equal(student.area(1, 2), 2)
    assert_equal("side" in ALIVE, False)


@pytest.mark.question("Q1", points=0.5)
def test_with_a_fixture(student, side, for_all):
    """A fixture is set up anew for each submission."""
    assert_equal(student.area(side, side), 9)
    assert_equal([for_all, ALIVE], [1, ["module", "side"]])


@pytest.mark.question("Q1", points=0.25)
@pytest.mark.parametrize("doubled", [4], indirect=True)
@pytest.mark.parametrize(("width", "area"), [(1, 8)])
def test_with_parameters(student, width, area, doubled):
    """Parameters, one by way of a fixture."""
    assert_equal(student.area(width, doubled), area)


@pytest.mark.question("Q1", points=0.25)
@pytest.mark.skipif("True", reason="not here")
def test_left_out(student):
    """A check that is left out says so."""
    raise RuntimeError


@pytest.mark.question("Q1", points=0.25)
def test_plain_again(student):
    """Nothing is left of the fixtures of the check before."""
    assert_that("side" not in ALIVE, "the fixture is still there")


class TestPlain:
    @pytest.mark.question("Q1", points=0.5)
    def test_of_a_new_object(self, student):
        """A method has an object of its own, for each submission anew."""
        assert_that(not hasattr(self, "seen"), "the object was there for the submission before")
        self.seen = student.area(1, 1)


class TestAutouse:
    @pytest.fixture(autouse=True)
    def around(self):
        ALIVE.append("around")
        yield
        ALIVE.remove("around")

    @pytest.mark.question("Q2", points=3)
    def test_in_a_class(self, student):
        """A fixture that nobody asks for by name."""
        assert_equal(student.running_total([1, 2]), [1, 3])
        assert_that("around" in ALIVE, "the fixture is not there")
'''


def test_fixtures_parameters_and_markers_hold_for_every_submission(toy_course: Path) -> None:
    """Checks that pytest sets up and checks that are merely called take turns, submission after submission, in two files."""
    (toy_course / "reference/toy/test_hidden.py").write_text(HIDDEN, encoding="utf-8")
    assignment = load_assignment("toy", toy_course)
    reference = toy_course / "reference/toy"
    sources = {file: (reference / file).read_text(encoding="utf-8") for file in assignment.files}
    outcomes: list[dict[str, tuple[Outcome, str]]] = []

    def grade(checks: Checks) -> None:
        for _ in range(3):
            with local_transport(sources) as transport:
                outcomes.append(
                    {result.name: (result.outcome, result.message + result.staff_message) for result in checks.run(transport)}
                )

    with_checks(assignment, grade)
    left_out = {name: outcome for name, outcome in outcomes[0].items() if outcome[0] is not Outcome.PASSED}
    assert list(left_out) == ["test_left_out"]
    assert left_out["test_left_out"][0] is Outcome.NOT_GRADED
    assert "not here" in left_out["test_left_out"][1]
    assert len(outcomes[0]) == 9
    assert outcomes[0] == outcomes[1] == outcomes[2]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '@pytest.mark.question("Q1", points=2)',
            '@pytest.mark.question("Q1", points=2)\n@pytest.mark.training("gone")',
            "the checks of toy cannot be collected: test_public.py, test_area_of_a_rectangle: training('gone') names no [[training]] of "
            "Q1: expected one of its own (none)",
        ),
        ("def test_", "def check_", "toy has no checks: expected functions called test_... in test_public.py, found none."),
    ],
)
def test_checks_that_cannot_be_taken_are_told_in_a_sentence(
    toy_course: Path, capfd: pytest.CaptureFixture[str], old: str, new: str, sentence: str
) -> None:
    """The reason, and not what pytest says at its end; nothing is written beside it."""
    public = toy_course / "assignments/toy/test_public.py"
    public.write_text(public.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(AssignmentError) as caught:
        with_checks(load_assignment("toy", toy_course), lambda _: None, hidden=False)
    assert str(caught.value) == sentence
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_while_checks_are_collected_is_not_pytests_to_tell(toy_course: Path) -> None:
    """It is raised on to whoever says the one sentence."""
    public = toy_course / "assignments/toy/test_public.py"
    public.write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        with_checks(load_assignment("toy", toy_course), lambda _: None, hidden=False)


SHARED = '''"""A hidden check with what it shares with the public ones."""

import sys

import pytest
from test_public import SIDE, areas

from grader import assert_equal, assert_that


@pytest.mark.question("Q1", points=2)
def test_shared(student):
    """What is imported is this assignment's own."""
    assert_equal(areas(student, 2 * SIDE), 4 * SIDE * SIDE)
    of_that_name = [module for module in set(sys.modules.values()) if "areas" in getattr(module, "__dict__", {})]
    assert_that(len(of_that_name) <= 2, f"there are modules of another assignment: {of_that_name}")
'''

HELPER = """

from grader import probe

SIDE = {side}


@probe
def areas(side):
    return side * side
"""


def shared(course: Path, side: int) -> Path:
    """The toy course with a hidden check that imports from the public ones."""
    hidden, public = course / "reference/toy/test_hidden.py", course / "assignments/toy/test_public.py"
    hidden.write_text(SHARED, encoding="utf-8")
    text = public.read_text(encoding="utf-8").replace("points=3", "points=6")
    public.write_text(text + HELPER.format(side=side), encoding="utf-8")
    return course


def test_hidden_checks_import_from_the_public_ones(toy_course: Path, tmp_path: Path) -> None:
    """One assignment after the other in one process: each finds its own, and nothing is left of either."""
    other = tmp_path / "other"
    shutil.copytree(toy_course, other)
    for course, side in ((toy_course, 3), (other, 5)):
        assignment = load_assignment("toy", shared(course, side))
        sources = {file: (course / "reference/toy" / file).read_text(encoding="utf-8") for file in assignment.files}
        results = []

        def grade(checks: Checks, sources: dict[str, str] = sources, results: list[CheckResult] = results) -> None:
            with local_transport(sources) as transport:
                results += checks.run(transport)

        with_checks(assignment, grade)
        assert {result.name: result.message for result in results if result.outcome is not Outcome.PASSED} == {}
        assert "test_public" not in sys.modules


def test_hidden_checks_alone_under_bare_pytest(toy_course: Path) -> None:
    """The public checks are imported for them; they are not run."""
    shared(toy_course, 3)
    command = [sys.executable, "-m", "pytest", "reference/toy", "--submission", "reference/toy", "-q"]
    done = subprocess.run(command, cwd=toy_course, capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
