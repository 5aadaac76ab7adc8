"""`grader.homework.mistakes`: wrong solutions, read without being run."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import Any

import pytest

from grader.errors import AssignmentError
from grader.homework.assignment import load_assignment
from grader.homework.mistakes import load_mistakes, mistaken_source

FOLDER = "reference/toy/mistakes"
GOOD = '"""You forget the first value."""\n\nQUESTION = "Q2"\nFILE = "sums.py"\n'


def write(course: Path, source: str, name: str = "wrong.py") -> None:
    (course / FOLDER / name).write_text(source, encoding="utf-8")


def complaint(course: Path) -> str:
    """What loading the toy homework's mistakes says is wrong."""
    with pytest.raises(AssignmentError) as caught:
        load_mistakes(load_assignment("toy", course))
    return str(caught.value)


def run(source: str) -> dict[str, Any]:
    """What a module with that source defines."""
    names: dict[str, Any] = {}
    exec(compile(source, "mistaken.py", "exec"), names)
    return names


def test_a_mistake_is_read_with_diagnosis_question_and_file(toy_course: Path) -> None:
    """Docstring and constants become the record; the name is the file's."""
    toy = load_assignment("toy", toy_course)
    (mistake,) = load_mistakes(toy)
    assert (mistake.name, mistake.question, mistake.file) == ("area_adds", "Q1", "shapes.py")
    assert mistake.diagnosis == "You add width and height: an area is their product."
    assert mistake.path == toy_course / FOLDER / "area_adds.py"


def test_mistakes_are_sorted_by_name(toy_course: Path) -> None:
    """The file system's order does not show."""
    for name in ("zero.py", "all.py", "middle.py", "__init__.py"):
        write(toy_course, GOOD, name)
    assert [mistake.name for mistake in load_mistakes(load_assignment("toy", toy_course))] == ["all", "area_adds", "middle", "zero"]


def test_a_diagnosis_over_two_lines_becomes_one(toy_course: Path) -> None:
    """A hint is one line, however the docstring is wrapped."""
    write(toy_course, GOOD.replace("You forget", "You forget\n    or lose"))
    assert load_mistakes(load_assignment("toy", toy_course))[1].diagnosis == "You forget or lose the first value."


def test_reading_a_mistake_does_not_run_it(toy_course: Path, tmp_path: Path) -> None:
    """A mistake may loop or write: that is for the student's process."""
    write(toy_course, GOOD + f'open({str(tmp_path / "trace")!r}, "w").close()\n')
    load_mistakes(load_assignment("toy", toy_course))
    assert not (tmp_path / "trace").exists()


def test_without_reference_there_are_no_mistakes(toy_course: Path) -> None:
    """In a student's bundle nothing is known, and asking for a mistaken submission says so."""
    toy = load_assignment("toy", toy_course)
    (mistake,) = load_mistakes(toy)
    shutil.rmtree(toy_course / "reference/toy")
    bundle = load_assignment("toy", toy_course)
    assert load_mistakes(bundle) == ()
    with pytest.raises(AssignmentError, match=r"^toy has no reference here: nothing can be mistaken about it\.$"):
        mistaken_source(bundle, mistake)


def test_the_mistake_overrides_the_reference_and_nothing_else(toy_course: Path) -> None:
    """Its definition is the last one of its file; other names and other files stay the reference's."""
    toy = load_assignment("toy", toy_course)
    (mistake,) = load_mistakes(toy)
    sources = mistaken_source(toy, mistake)
    assert list(sources) == ["shapes.py", "sums.py"]
    assert sources["sums.py"] == (toy_course / "reference/toy/sums.py").read_text()
    names = run(sources["shapes.py"])
    assert names["area"](3, 4) == 7
    assert names["Square"](5).side == 5


@pytest.mark.parametrize(
    "statement",
    [
        "from __future__ import annotations",
        "from __future__ import annotations; from __future__ import division",
        "from __future__ import (\n    annotations,\n    division,  # both\n)",
        "from __future__ import (\n    annotations,\n    division); 값 = 3",
    ],
)
def test_imports_from_the_future_are_left_out(toy_course: Path, statement: str) -> None:
    """They are illegal in the middle of a file; what stands on the same line stays, and lines keep their numbers."""
    docstring, rest = GOOD.split("\n", 1)
    write(toy_course, f"{docstring}\n{statement}\n{rest}\n\ndef running_total(values):\n    return values\n")
    toy = load_assignment("toy", toy_course)
    mistake = load_mistakes(toy)[1]
    source = mistaken_source(toy, mistake)["sums.py"]
    names = run(source)
    assert names["running_total"]([1, 2]) == [1, 2]
    assert names.get("값") == (3 if "값" in statement else None)
    reference = (toy_course / "reference/toy/sums.py").read_text().rstrip()
    assert len(source.splitlines()) == len(reference.splitlines()) + 2 + len(mistake.source.splitlines())
    defined = max(node.lineno for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    assert source.splitlines()[defined - 1] == "def running_total(values):"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('QUESTION = "Q2"\nFILE = "sums.py"\n', "line 1: expected a docstring that tells the student what is wrong, found none."),
        ('"""  """\nQUESTION = "Q2"\n', "line 1: expected a docstring that tells the student what is wrong, found none."),
        (GOOD.replace("Q2", "Q9"), 'line 3: QUESTION: expected one of Q1, Q2, found "Q9".'),
        (GOOD.replace("sums.py", "sum.py"), 'line 4: FILE: expected one of shapes.py, sums.py, found "sum.py".'),
        (GOOD.replace('QUESTION = "Q2"\n', ""), 'line 1: expected a line such as QUESTION = "...", found none.'),
        (
            GOOD.replace('FILE = "sums.py"', "def f():\n    FILE = 'sums.py'"),
            'line 1: expected a line such as FILE = "...", found none.',
        ),
        (GOOD.replace('"Q2"', '"Q" + str(2)'), "line 3: QUESTION: expected a text in quotes, found 'Q' + str(2)."),
        (GOOD.replace('"Q2"', "2"), "line 3: QUESTION: expected a text in quotes, found 2."),
        (GOOD + "def f(:\n", "line 5: expected Python, found a syntax error (invalid syntax)."),
    ],
)
def test_a_mistake_that_cannot_be_used_is_told_with_file_and_line(toy_course: Path, source: str, sentence: str) -> None:
    """The author learns which file, which line, what was expected and what was found."""
    write(toy_course, source)
    assert complaint(toy_course) == f"{FOLDER}/wrong.py, {sentence}"


def test_an_annotated_constant_counts(toy_course: Path) -> None:
    """`QUESTION: str = "Q2"` says the same."""
    write(toy_course, GOOD.replace("QUESTION =", "QUESTION: str ="))
    assert load_mistakes(load_assignment("toy", toy_course))[1].question == "Q2"


def test_a_mistake_in_another_encoding_is_told(toy_course: Path) -> None:
    """The project's files are UTF-8; others are refused with the byte."""
    (toy_course / FOLDER / "wrong.py").write_bytes('"""값이 다릅니다."""\n'.encode("cp949"))
    assert complaint(toy_course) == f"{FOLDER}/wrong.py: expected text in UTF-8, found the byte 0xb0."


def test_what_the_parser_refuses_is_told(toy_course: Path) -> None:
    """Null bytes, and nesting that exhausts the parser, are sentences and no tracebacks."""
    write(toy_course, GOOD + "x = '\0'\n")
    assert complaint(toy_course).startswith(f"{FOLDER}/wrong.py, line ")
    write(toy_course, GOOD + "x = " + "-" * 50_000 + "1\n")
    assert complaint(toy_course).startswith(f"{FOLDER}/wrong.py, line ")
