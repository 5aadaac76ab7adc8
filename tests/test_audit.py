"""`grader.authors.audit`: the toy course, completed, is sound; each way of not being sound is told in a sentence.

An audit takes seconds (a locked-in process that imports torch), so that edits which do not disturb each other share one.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from rich.console import Console

import grader.reports.audit
from grader.authors.audit import SEEDS, Audit, Row, audit
from grader.authors.stubs import write_student_files
from grader.errors import AssignmentError
from grader.homework.assignment import load_assignment

TOY = Path(__file__).parent / "toy_course"
PUBLIC, HIDDEN = "assignments/toy/test_public.py", "reference/toy/test_hidden.py"
MISTAKES = {
    "total_forgets_the_sum.py": '"""You return the values themselves: each has to be added to the sum so far."""\n\n'
    'QUESTION = "Q2"\nFILE = "sums.py"\n\n\ndef running_total(values):\n    return list(values)\n',
    "total_never_falls.py": '"""Your sums never fall: add the value, whatever its sign."""\n\n'
    'QUESTION = "Q2"\nFILE = "sums.py"\n\n\ndef running_total(values):\n    sizes = [abs(value) for value in values]\n'
    "    return [sum(sizes[: i + 1]) for i in range(len(sizes))]\n",
}


@pytest.fixture(autouse=True)
def _profile() -> Iterator[None]:
    """Collecting checks loads a profile of Hypothesis: the other tests of this process keep theirs."""
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


def complete(folder: Path) -> Path:
    """The toy course with the mistakes that its checks of Q2 are there to catch, and all its stubs."""
    shutil.copytree(TOY, folder)
    for name, text in MISTAKES.items():
        (folder / "reference/toy/mistakes" / name).write_text(text, encoding="utf-8")
    write_student_files(load_assignment("toy", folder))
    return folder


def replace(course: Path, file: str, *pairs: str) -> None:
    """Edit a file: each text of the pairs becomes the next one."""
    text = (course / file).read_text(encoding="utf-8")
    for before, after in zip(pairs[::2], pairs[1::2], strict=True):
        assert before in text, before
        text = text.replace(before, after)
    (course / file).write_text(text, encoding="utf-8")


def mistake(course: Path, name: str, question: str, file: str, source: str) -> None:
    text = f'"""You did something else."""\n\nQUESTION = "{question}"\nFILE = "{file}"\n\n\n{source}'
    (course / "reference/toy/mistakes" / name).write_text(text, encoding="utf-8")


def audited(course: Path, rows: list[Row] | None = None) -> Audit:
    return audit(load_assignment("toy", course), ([] if rows is None else rows).append)


def problems(result: Audit) -> dict[str, list[str]]:
    """What is wrong, by row; first lines alone."""
    return {f"{row.kind} {row.name}": [p.splitlines()[0] for p in row.problems] for row in result.rows if row.problems}


def test_a_complete_course_is_sound(tmp_path: Path) -> None:
    """The reference has every point under three seeds, the stub none, rubbish gets nothing, and each mistake loses on its question.

    One loses on another question too, which by the assignment's `depends` it may.
    """
    told: list[Row] = []
    course = complete(tmp_path / "course")
    mistake(course, "area_below_zero.py", "Q1", "shapes.py", "def area(width, height):\n    return -1\n")
    here = "    assert_equal(student.running_total"
    replace(course, PUBLIC, here, f"    assert_equal(student.area(1, 3), 3)\n{here}")
    result = audited(course, told)
    assert problems(result) == {}
    assert result.problems == ()
    assert result.sound
    assert result.not_graded == 0
    assert told == list(result.rows)
    assert [(row.kind, row.name, row.score, row.max_score) for row in result.rows[:4]] == [
        *(("reference", f"seed {seed}", 10, 10) for seed in SEEDS),
        ("stub", "as handed out", 0, 10),
    ]
    assert {row.name: (row.score, row.note) for row in result.rows if row.kind == "mistake"} == {
        "area_adds": (3, "Q1 −4, Q2 −3"),
        "area_below_zero": (3, "Q1 −4, Q2 −3"),
        "total_forgets_the_sum": (4, "Q2 −6"),
        "total_never_falls": (7, "Q2 −3"),
    }
    rubbish = [row for row in result.rows if row.kind == "rubbish"]
    assert len(rubbish) == 7
    assert {(row.score, row.max_score) for row in rubbish} == {(0, 10)}


def test_mistakes_and_checks_that_do_not_meet_are_told(tmp_path: Path) -> None:
    """A check that no mistake fails, a mistake that loses nothing, one that loses on another question."""
    course = complete(tmp_path / "course")
    (course / "reference/toy/mistakes/total_never_falls.py").unlink()
    mistake(course, "total_of_nothing.py", "Q2", "sums.py", "def double_check(values):\n    return values\n")
    mistake(
        course,
        "total_breaks_the_area.py",
        "Q2",
        "shapes.py",
        "import sys\n\n\ndef area(width, height):\n    return -1\n",
    )
    replace(course, HIDDEN, "student.running_total([4, -6, 1]), [4, -2, -1]", "student.running_total([4]), [4]")
    replace(course, "assignments/toy/assignment.toml", 'depends = ["Q1"]', "depends = []")
    result = audited(course)
    assert not result.sound
    assert problems(result) == {
        "mistake total_of_nothing": ["loses nothing on Q2"],
        "mistake total_breaks_the_area": [
            "loses nothing on Q2",
            "loses points on Q1 too, which does not depend on Q2 (test_area_of_a_rectangle, test_area_of_a_square)",
        ],
    }
    assert result.problems == (
        "no mistake fails test_running_total_falls_with_negative_values (Q2): "
        "is it a check at all? Add a mistake that it is there to catch.",
    )


def test_reference_stub_and_rubbish_that_go_wrong_are_told(tmp_path: Path) -> None:
    """A reference that fails under one seed, a stub that passes a check, a check that breaks down on rubbish."""
    course = complete(tmp_path / "course")
    for file in ("reference/toy/shapes.py", "assignments/toy/shapes.py"):
        replace(course, file, "def area(width", "SIDE = 4\n\n\ndef area(width")
    replace(
        course,
        HIDDEN,
        *("import assert_equal, probe", "import assert_equal, probe, value_of"),
        *('area_of_a_square(student, student.Square, 5), 25, what="Square(5).area()"', "value_of(student.SIDE), 4"),
    )
    replace(
        course,
        PUBLIC,
        "    assert_equal(student.area",
        "    assert student.area(3, 4) < 100 or {}['too large']\n    assert_equal(student.area",
    )
    replace(
        course,
        "reference/toy/sums.py",
        "    return totals\n",
        "    import random\n\n    return totals if random.random() < 0.5 else []\n",
    )
    result = audited(course)
    assert not result.sound
    wrong = problems(result)
    assert wrong["stub as handed out"] == ["test_area_of_a_square: passed: "]
    broken = "test_area_of_a_rectangle: not_graded: Not graded: the check itself is wrong; your instructor has been told."
    assert wrong["rubbish returns a number"] == [broken]
    (row,) = [row for row in result.rows if row.name == "returns a number"]
    assert row.problems[0].endswith("KeyError: 'too large'")
    failed = [sentence for name, sentences in wrong.items() if name.startswith("reference") for sentence in sentences]
    assert failed
    assert {sentence.split(":")[0] for sentence in failed} <= {
        "test_running_total_of_three",
        "test_running_total_falls_with_negative_values",
    }
    assert all(sentence.endswith(": expected shape (3,), got (0,).") for sentence in failed)
    assert len(failed) < 2 * len(SEEDS)  # by chance: another seed, another verdict


def shown(course: Path, monkeypatch: pytest.MonkeyPatch, result: Audit) -> tuple[int, list[str]]:
    """What the terminal shows of an audit that came to this result, spaces squeezed; and the exit code."""
    console = Console(file=io.StringIO(), width=150, highlight=False)
    monkeypatch.setattr(grader.reports.audit, "Console", lambda **_: console)
    monkeypatch.setattr(grader.reports.audit, "audit", lambda *_, **__: result)
    status = grader.reports.audit.show_audit(load_assignment("toy", course))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return status, [" ".join(line.split()) for line in text.splitlines() if line.strip()]


ROWS = (
    Row("reference", "seed 0", 10, 10, "every point", ()),
    Row("mistake", "[red]area_adds", 6, 10, "Q1 −4", ()),
)


def test_the_terminal_shows_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, a row a submission, the sentences, the outdated file; nothing in it is markup."""
    course = complete(tmp_path / "course")
    (course / "assignments/toy/toy.ipynb").unlink()
    wrong = Row("rubbish", "returns text", 2.5, 10, "no points", ("test_a: passed: [bold]", "test_b: passed: "))
    status, lines = shown(course, monkeypatch, Audit((*ROWS, wrong), ("no mistake fails test_c (Q1)",), 4.0))
    assert status == 1
    assert lines[0] == "what name points loses verdict"
    assert set(lines[1]) == {"─"}
    assert lines[2:] == [
        "reference seed 0 10/10 every point ok",
        "mistake [red]area_adds 6/10 Q1 −4 ok",
        "rubbish returns text 2.5/10 no points 2 wrong",
        "rubbish returns text: test_a: passed: [bold]",
        "rubbish returns text: test_b: passed:",
        "no mistake fails test_c (Q1)",
        "toy.ipynb is not what the reference makes of it: run `grader stubs toy`.",
        "4 points are not graded yet (): the reference's full marks are the rest.",
        "toy: not sound; see above.",
    ]


def test_the_terminal_shows_that_it_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 0, and how many mistakes were caught; an outdated stub alone is enough to say otherwise."""
    course = complete(tmp_path / "course")
    result = Audit(ROWS, (), 0.0)
    status, lines = shown(course, monkeypatch, result)
    assert status == 0
    assert lines[-1] == "toy: sound. 1 mistakes, each caught on its own question."
    replace(course, "assignments/toy/sums.py", "raise NotImplementedError", "return values")
    status, lines = shown(course, monkeypatch, result)
    assert status == 1
    assert lines[-2:] == ["sums.py is not what the reference makes of it: run `grader stubs toy`.", "toy: not sound; see above."]


def test_an_assignment_without_a_reference_cannot_be_audited(tmp_path: Path) -> None:
    """The sentence says where it was expected."""
    course = tmp_path / "course"
    shutil.copytree(TOY / "assignments", course / "assignments")
    (course / "reference").mkdir()
    with pytest.raises(AssignmentError) as wrong:
        audited(course)
    assert str(wrong.value) == f"toy has no reference: expected {course.resolve()}/reference/toy."
