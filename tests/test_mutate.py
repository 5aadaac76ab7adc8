"""`grader audit --mutate`: what is changed, where, and what becomes of it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from grader.authors.mutation.equivalent import EQUIVALENT, Equivalent, load_equivalents, reason_for, stale
from grader.authors.mutation.mutants import Mutant, mutants_of, reference_sources
from grader.authors.mutation.operators import Text, children_of, edits_of
from grader.authors.mutation.trial import Trial, Verdict, try_mutants
from grader.errors import AssignmentError
from grader.homework.assignment import load_assignment
from grader.outcomes import Outcome

ROOT = Path(__file__).parent.parent


def changes(source: str) -> set[str]:
    """Every edit of every node, applied to the source."""
    text = Text(source)
    found = set()
    waiting: list[ast.AST] = [text.tree]
    while waiting:
        node = waiting.pop()
        waiting += children_of(node)
        for edit in edits_of(node, text):
            found.add((text.data[: edit.start] + edit.text.encode() + text.data[edit.end :]).decode())
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("5", {"6", "4", "0", "2"}),
        ("1", {"2", "0", "-1"}),
        ("-1", {"0", "-2", "1"}),
        ("0.5", {"0.0", "0.25", "1.5", "-0.5"}),
        ("True", {"False"}),
        ("'text'", set()),
        ("None", set()),
        ("a - b", {"a + b", "a", "b", "(b - a)"}),
        ("a @ b", {"a * b", "a", "b", "(b @ a)"}),
        ("ñ // b", {"ñ / b", "ñ * b", "ñ", "b", "(b // ñ)"}),
        ("a ** b", {"a * b", "a", "b"}),
        ("(ab.c) * d", {"(ab.c) / d", "(ab.c) + d", "ab.c", "d"}),
        ("(a + b) * c", {"(a + b) / c", "(a + b) + c", "(a + b)", "c", "(a - b) * c", "(a * b) * c", "(a) * c", "(b) * c"}),
        ("a < b", {"a <= b", "a > b"}),
        ("a is not b", {"a is b"}),
        ("not a", {"a"}),
        ("-a", {"a"}),
        ("a and b", {"a or b", "a", "b"}),
        ("a or b or c", {"a and b or c", "a or b and c", "(a or b)", "(a or c)", "(b or c)"}),
        ("a if b else c", {"a", "c", "a if (not b) else c"}),
        ("f(a, b)", {"f(b, a)", "f(a)", "a"}),
        ("f(*a, b)", {"f(*a)"}),
        ("f(a, k=b)", {"f(a)", "a"}),
        ("F(a, b)", {"F(b, a)", "F(a)"}),
        ("range(n)", {"range(n - 1)", "n"}),
        ("g.T", {"g"}),
        ("g.W", set()),
        ("y.sum(axis=i)", {"y.mean(axis=i)", "y.sum()", "y"}),
        ("self.conv(y)", {"y"}),
        ("np.exp(y)", {"y"}),
        ("x[a:b]", {"x[:b]", "x[a:]", "x[a + 1:b]", "x[a - 1:b]", "x[a:b + 1]", "x[a:b - 1]"}),
        ("x[::s]", {"x[::1]"}),
        ("x[i, j]", {"x[j, i]"}),
        ("[i for i in y if i]", {"[i for i in y if (not i)]", "[i for i in y if True]"}),
    ],
)
def test_expressions(source: str, expected: set[str]) -> None:
    """All that becomes of an expression."""
    start = "import numpy as np\nreturn "
    assert changes(start + source) == {start + one for one in expected}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = y", {"pass"}),
        ("x: int = y", {"pass"}),
        ("x: int", set()),
        ("x += y", {"x -= y", "x = y", "pass"}),
        ("for i in x: f()", {"for i in x: pass", "pass"}),
        ("with f(): g()", {"if True: g()", "with f(): pass"}),
        ("with x as a, y: g()", {"if True: g()", "with x as a, y: pass"}),
        ("if a: f()", {"if (not a): f()", "if a: pass", "pass"}),
        ("while a: break", {"while a: continue", "while a: pass", "while (not a): break", "pass"}),
        ("return x", set()),
        ("loss.backward()", {"pass"}),
        ("'text'", set()),
        ("@f(3)\ndef g(): pass", {"pass\ndef g(): pass"}),
        ("@ f\n@g\nclass C: x = y", {"pass\n@g\nclass C: x = y", "@ f\npass\nclass C: x = y", "@ f\n@g\nclass C: pass"}),
    ],
)
def test_statements(source: str, expected: set[str]) -> None:
    """All that becomes of a statement; a call that is one is left out once, not a second time as a call."""
    assert changes(source) == expected


def test_operators_are_found_between_parentheses_and_line_breaks() -> None:
    """The text between two operands may hold more than the operator."""
    assert "x = ((a + b)\n  - (c))" in changes("x = ((a + b)\n  + (c))")


SOURCE = '''"""Module."""

import numpy as np

LIMIT = 3
### BEGIN SOLUTION
HELP = 7


def helper(x, by=2):
    """Not 5 but more."""
    return x * by


def unused(x):
    return x + 1


### END SOLUTION
def area(width: float = 4.0, height: float = 1.0) -> "float | 12":
    """width times height, 3."""
    given = 1
    ### BEGIN SOLUTION
    total: "list[9]" = helper(width) * height  # a comment with 8
    if total < 0:
        raise ValueError(f"no {total + 1} {6}")
    assert total, "6 is no 7"
    return total
    ### END SOLUTION


class Square:
    def __init__(self, side):
        ### BEGIN SOLUTION
        self.side = side * 1.5
        ### END SOLUTION


def not_asked_for():
    ### BEGIN SOLUTION
    return 1 + 1
    ### END SOLUTION
'''


@pytest.fixture
def mutants(toy_course: Path) -> tuple[Mutant, ...]:
    (toy_course / "reference/toy/shapes.py").write_text(SOURCE)
    assignment = load_assignment("toy", toy_course)
    return mutants_of(assignment, reference_sources(assignment))


def test_solutions_of_questions_and_what_they_use_are_changed(mutants: tuple[Mutant, ...]) -> None:
    """Not what is given, not what no question asks for; a helper belongs to the question that uses it."""
    found = {(m.within, m.questions) for m in mutants if m.file == "shapes.py"}
    assert found == {("helper", ("Q1",)), ("area", ("Q1",)), ("Square.__init__", ("Q1",))}
    assert {(m.within, m.questions) for m in mutants if m.file == "sums.py"} == {("running_total", ("Q2",))}


def test_texts_signatures_and_annotations_are_left_alone(mutants: tuple[Mutant, ...]) -> None:
    """Only lines of the solution change, and in them neither annotations nor messages."""
    shown = {m.change for m in mutants if m.within == "area"}
    assert 'total: "list[9]" = helper(width) / height' in shown  # without its comment
    assert "if total <= 0:" in shown
    assert not any("ValueError" in change or "assert" in change for change in shown)
    assert {m.line for m in mutants if m.within == "helper"} == {"def helper(x, by=2):", "return x * by"}


def test_a_mutant_is_the_file_with_one_line_changed(mutants: tuple[Mutant, ...]) -> None:
    """Line numbers are those of the reference, and all mutants are different Python."""
    lines = SOURCE.splitlines()
    for mutant in mutants:
        if mutant.file == "shapes.py" and "\n" not in mutant.line and "…" not in mutant.line:
            assert lines[mutant.number - 1].split("  #")[0].strip() == mutant.line
            assert mutant.source.splitlines()[mutant.number - 1].strip() == mutant.change.splitlines()[0]
    assert len({m.source for m in mutants}) == len(mutants)


def test_the_same_bytecode_is_tried_once(toy_course: Path) -> None:
    """What Python computes beforehand to the same number is the same mutant."""
    source = "def area(width, height):\n    ### BEGIN SOLUTION\n    return 2 * 3\n    ### END SOLUTION\n"
    (toy_course / "reference/toy/shapes.py").write_text(source)
    assignment = load_assignment("toy", toy_course)
    found = [m.change for m in mutants_of(assignment, reference_sources(assignment)) if m.file == "shapes.py"]
    assert {"return 2", "return 3"} <= set(found)
    assert not {"return 1 * 3", "return 2 * 1"} & set(found)


# --- what may survive -------------------------------------------------------------------------------------------------------------


def mutant(line: str, change: str, within: str = "area") -> Mutant:
    return Mutant("shapes.py", 7, within, line, change, "", ("Q1",))


def test_entries_match_by_text_and_place(toy_course: Path) -> None:
    """Neither indentation nor the line's number matters; `within` does where it is given."""
    file = toy_course / f"reference/toy/{EQUIVALENT}"
    assert load_equivalents(load_assignment("toy", toy_course)) == ()
    file.write_text(
        '[[mutant]]\nfile = "shapes.py"\nline = "a  = 1"\nchange = "a = 2"\nreason = "Nobody reads a."\nwithin = "area"\n'
    )
    (entry,) = entries = load_equivalents(load_assignment("toy", toy_course))
    assert reason_for(mutant("a = 1", "a = 2"), entries) == "Nobody reads a."
    assert reason_for(mutant("a = 1", "a = 2", "Square"), entries) == ""
    assert reason_for(mutant("a = 1", "a = 3"), entries) == ""
    assert not entry.matches(msgspec.structs.replace(mutant("a = 1", "a = 2"), file="sums.py"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[mutant]]\nfile = "a.py"\nline = "x"\nchange = "y"\n', r"equivalent\.toml: expected \[\[mutant\]\] tables .*reason"),
        ('[[mutant]]\nfile = "a.py"\nline = "x"\nchange = "y"\nreason = "so"\n', r'a reason why "y" changes nothing, found "so"'),
        ("mutants = 3\n", r"expected \[\[mutant\]\] tables"),
    ],
)
def test_an_entry_without_a_reason_is_refused(toy_course: Path, text: str, message: str) -> None:
    """Every survivor has a reason that a reader can judge."""
    (toy_course / f"reference/toy/{EQUIVALENT}").write_text(text)
    with pytest.raises(AssignmentError, match=message):
        load_equivalents(load_assignment("toy", toy_course))


def test_stale_entries_are_told() -> None:
    """One that nothing makes any more, and one that loses points; not one that the sample left out."""
    made = [mutant("a = 1", "a = 2"), mutant("b = 1", "b = 2"), mutant("c = 1", "c = 2")]
    entries = [Equivalent("shapes.py", f"{n} = 1", f"{n} = 2", "No reason.") for n in "abcd"]
    assert stale(entries, made, [made[0]], made[:2]) == [
        "shapes.py: b = 1 → b = 2: loses points, so that it is no equivalent",
        "shapes.py: d = 1 → d = 2: no such mutant is made any more",
    ]


def test_the_share_counts_those_that_change_behaviour() -> None:
    """18 killed, one survivor, one equivalent: 18 of 19."""
    lost = Verdict("test_area", Outcome.FAILED, "")
    killed = [(mutant("a", str(i)), lost, "") for i in range(18)]
    trial = Trial(20, (*killed, (mutant("b", "c"), Verdict(), ""), (mutant("d", "e"), Verdict(), "a reason")), ())
    assert (trial.killed, trial.equivalent, trial.share) == (18, 1, 18 / 19)
    assert [m.line for m, _ in trial.unexplained] == ["b"]
    assert not trial.sound
    broken = Trial(1, ((mutant("a", "b"), Verdict("test_area", Outcome.NOT_GRADED, "KeyError"), ""),), ())
    assert (broken.killed, len(broken.unexplained), broken.sound) == (0, 1, False)


# --- trials -----------------------------------------------------------------------------------------------------------------------


def weaken(course: Path) -> None:
    """2 times 2 is 2 plus 2: the checks of the area no longer tell a product from a sum."""
    for path, before, after in [
        ("assignments/toy/test_public.py", "student.area(3, 4), 12", "student.area(2, 2), 4"),
        ("reference/toy/test_hidden.py", "student.Square, 5), 25", "student.Square, 2), 4"),
    ]:
        text = (course / path).read_text()
        assert before in text
        (course / path).write_text(text.replace(before, after))


@pytest.mark.sandbox
def test_a_weak_check_lets_a_mutant_survive(toy_course: Path) -> None:
    """The survivor is named; with a reason it counts no more, and with the check as it was it loses points."""
    strong = try_mutants(load_assignment("toy", toy_course), jobs=2)
    survivors = {(m.within, m.change) for m, _ in strong.unexplained}
    assert ("area", "return width + height") not in survivors
    killer = next(v.check for m, v, _ in strong.tried if m.change == "return width + height")
    assert killer == "test_area_of_a_rectangle"

    weaken(toy_course)
    heard: list[tuple[int, int]] = []
    weak = try_mutants(load_assignment("toy", toy_course), lambda done, total: heard.append((done, total)), jobs=1)
    assert {(m.within, m.change) for m, _ in weak.unexplained} - survivors >= {("area", "return width + height")}
    assert weak.share < strong.share
    assert heard == [(i + 1, len(weak.tried)) for i in range(len(weak.tried))]


@pytest.mark.sandbox
def test_a_mutant_that_loops_for_ever_ends(toy_course: Path) -> None:
    """It loses the check in which it loops, long before the assignment's own limit."""
    toml = toy_course / "assignments/toy/assignment.toml"
    toml.write_text(toml.read_text().replace("seconds = 2.5", "seconds = 300"))
    (toy_course / "reference/toy/sums.py").write_text(
        "def running_total(values):\n    ### BEGIN SOLUTION\n    totals = []\n    while len(totals) < len(values):\n"
        "        totals.append(sum(values[: len(totals) + 1]))\n    return totals\n    ### END SOLUTION\n"
    )
    trial = try_mutants(load_assignment("toy", toy_course), jobs=2)
    (verdict,) = [v for m, v, _ in trial.tried if m.line.startswith("totals.append(") and m.change == "pass"]
    assert verdict.outcome is Outcome.TIMEOUT


@pytest.mark.sandbox
def test_a_reference_that_loses_points_cannot_be_mutated(toy_course: Path) -> None:
    """What the checks say of its mutants would mean nothing."""
    path = toy_course / "reference/toy/shapes.py"
    path.write_text(path.read_text().replace("width * height", "width * height + 1"))
    with pytest.raises(AssignmentError, match=r"the reference of toy loses points \(test_area_of_a_rectangle: "):
        try_mutants(load_assignment("toy", toy_course), jobs=1)


@pytest.mark.sandbox
def test_the_command_line(toy_course: Path) -> None:
    """A sample of two, the table, the share; 1 where a hole is left, 2 for a misuse."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "grader", "audit", "toy", "--mutate", *arguments],
            cwd=toy_course,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160"},
            capture_output=True,
            encoding="utf-8",
            timeout=240,
        )

    sampled = run("--sample", "2", "--seed", "1", "-j", "1")
    assert "a sample of" in sampled.stdout
    assert sampled.stderr == ""
    weaken(toy_course)
    full = run()
    assert full.returncode == 1
    assert "shapes.py:7 area: no check notices\n- return width * height\n+ return width + height\n" in full.stdout
    misused = run("--sample", "0")
    assert (misused.returncode, misused.stderr) == (2, "grader: --sample: expected a whole number of 1 or more, found 0.\n")
