"""`grader.authors.stubs`: stubs and notebook are what the reference makes of them, for the toy course and for every homework there is."""

from __future__ import annotations

import ast
import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

import grader
from grader.authors.stubs import outdated_files, solution_lines, stub_of, student_files, write_student_files
from grader.errors import AssignmentError
from grader.homework.assignment import Assignment, list_assignments, load_assignment
from grader.local import local_transport

COURSE = Path(grader.__file__).parent.parent
HOMEWORKS = list_assignments(COURSE)

SOURCE = '''"""About numbers."""

import math

### BEGIN SOLUTION
# reaches 98.6 % in 5 runs
CONSTANT = 3
### END SOLUTION

LIMIT = 5


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    result_of_doubling = 2 * x
    return result_of_doubling
    ### END SOLUTION


### BEGIN SOLUTION
def helper_of_the_solution(x):
    return math.sqrt(x)


### END SOLUTION
class Net:
    """A net."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.layer = double
        ### END SOLUTION

    @property
    def size(self):
        ### BEGIN SOLUTION
        return LIMIT
        ### END SOLUTION
'''

STUB = '''"""About numbers."""

import math

LIMIT = 5


def double(x):
    """Twice x."""
    raise NotImplementedError


class Net:
    """A net."""

    def __init__(self):
        super().__init__()
        raise NotImplementedError

    @property
    def size(self):
        raise NotImplementedError
'''


# --- stubs ------------------------------------------------------------------------------------------------------------------------


def test_a_stub_is_the_file_without_its_solutions() -> None:
    """Indented regions become `raise NotImplementedError` at their indent, those at the margin vanish, the rest stays."""
    assert stub_of(SOURCE, "numbers.py") == STUB


def test_a_file_without_solutions_is_its_own_stub() -> None:
    """What has no markers is given."""
    assert stub_of(STUB, "numbers.py") == STUB


def test_every_region_of_a_function_is_replaced() -> None:
    """Two regions in one body, deep indents, tabs."""
    region = "{0}### BEGIN SOLUTION\n{0}y = 1\n{0}### END SOLUTION\n"
    two = "def f(x):\n    if x:\n" + region.format("        ") + region.format("    ")
    assert stub_of(two, "f.py") == "def f(x):\n    if x:\n        raise NotImplementedError\n    raise NotImplementedError\n"
    assert stub_of("def f():\n" + region.format("\t"), "f.py") == "def f():\n\traise NotImplementedError\n"


def test_a_stub_has_the_blank_lines_that_formatters_leave() -> None:
    """One between statements where a region vanished, two before and after a definition: formatting a stub changes nothing."""
    gone = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n"
    source = f"import math\n\n{gone}\n\ny = 2\n\n{gone}\n\ndef f():\n    return 1\n\n\n{gone}\n\nz = 3\n"
    assert stub_of(source, "f.py") == "import math\n\ny = 2\n\n\ndef f():\n    return 1\n\n\nz = 3\n"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["x = 1", "### BEGIN SOLUTION", "y = 1", "### BEGIN SOLUTION"],
            "a.py, line 4: a solution begins within the one that began in line 2.",
        ),
        (["x = 1", "", "### END SOLUTION"], "a.py, line 3: a solution ends that never began."),
        (["### BEGIN SOLUTION", "### END SOLUTION", "### END SOLUTION"], "a.py, line 3: a solution ends that never began."),
        (
            ["def f():", "    ### BEGIN SOLUTION", "    x = 1"],
            "a.py, line 2: this solution never ends: expected a line ### END SOLUTION.",
        ),
    ],
)
def test_markers_that_do_not_pair_up_are_told_with_their_line(lines: list[str], sentence: str) -> None:
    """The author learns where."""
    with pytest.raises(AssignmentError) as wrong:
        stub_of("\n".join(lines), "a.py")
    assert str(wrong.value) == sentence


def test_solution_lines_are_those_that_give_a_solution_away() -> None:
    """Long enough to be nobody's by accident; no comments, and nothing that stands in the stub as well."""
    assert solution_lines(SOURCE) == {
        "result_of_doubling = 2 * x",
        "return result_of_doubling",
        "def helper_of_the_solution(x):",
    }
    shared = "total = first_value + second_value\n### BEGIN SOLUTION\ntotal = first_value + second_value\n### END SOLUTION\n"
    assert solution_lines(shared) == set()


# --- a homework's files -----------------------------------------------------------------------------------------------------------


def test_outdated_files_are_named_and_written(toy_course: Path) -> None:
    """Missing, edited, and after a change of the reference; written once, they are up to date, byte by byte."""
    toy = load_assignment("toy", toy_course)
    assert outdated_files(toy) == ("toy.ipynb",)
    assert write_student_files(toy) == ("toy.ipynb",)
    assert outdated_files(toy) == ()
    assert write_student_files(toy) == ()
    stub = toy.folder / "shapes.py"
    stub.write_text(stub.read_text(encoding="utf-8") + "\n# edited by hand\n", encoding="utf-8")
    assert outdated_files(toy) == ("shapes.py",)
    reference = toy_course / "reference/toy/sums.py"
    reference.write_text(reference.read_text(encoding="utf-8").replace("The sums of", "All sums of"), encoding="utf-8")
    assert outdated_files(toy) == ("shapes.py", "sums.py", "toy.ipynb")
    assert write_student_files(toy) == ("shapes.py", "sums.py", "toy.ipynb")
    for name, text in student_files(toy).items():
        assert (toy.folder / name).read_bytes() == text.encode()


def test_without_a_reference_there_are_no_stubs(toy_course: Path) -> None:
    """In a student's folder, nothing can be made."""
    for path in sorted((toy_course / "reference/toy").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (toy_course / "reference/toy").rmdir()
    with pytest.raises(AssignmentError) as wrong:
        student_files(load_assignment("toy", toy_course))
    assert str(wrong.value) == "toy has no reference here: its stubs are made from it."


def test_the_notebook_has_a_heading_a_question_and_a_cell_a_definition(toy_course: Path) -> None:
    """Valid, the same each time, with fixed cell ids; the first cell says what to hand in."""
    toy = load_assignment("toy", toy_course)
    text = student_files(toy)["toy.ipynb"]
    assert text == student_files(toy)["toy.ipynb"]
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [(cell.id, cell.source.splitlines()[0]) for cell in notebook.cells] == [
        ("title", "# Shapes and sums"),
        ("shapes-0", '"""Rectangles: question Q1."""'),
        ("question-Q1", "## Q1: Areas (4 points)"),
        ("shapes-1", "def area(width: float, height: float) -> float:"),
        ("shapes-2", "class Square:"),
        ("sums-0", '"""Sums: question Q2."""'),
        ("question-Q2", "## Q2: A running total (6 points)"),
        ("sums-1", "def running_total(values: list[float]) -> list[float]:"),
    ]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


def test_a_cell_takes_comments_and_decorators_along_and_leaves_imports_of_siblings(toy_course: Path) -> None:
    """What stands above a definition belongs to it; the other file's names are in the cells above already."""
    sums = toy_course / "reference/toy/sums.py"
    sums.write_text(
        "from __future__ import annotations\n\nimport functools\n\nfrom shapes import (\n    area,\n    Square,\n)\n\n\n"
        "# a comment\n@functools.cache\ndef running_total(values):\n    ### BEGIN SOLUTION\n    return area(1, 1)\n    ### END SOLUTION\n",
        encoding="utf-8",
    )
    notebook = nbformat.reads(student_files(load_assignment("toy", toy_course))["toy.ipynb"], as_version=4)
    assert [cell.source for cell in notebook.cells if cell.id.startswith("sums-")] == [
        "import functools",
        "# a comment\n@functools.cache\ndef running_total(values):\n    raise NotImplementedError",
    ]


# --- every homework of the repository ---------------------------------------------------------------------------------------------


@pytest.fixture(params=HOMEWORKS)
def homework(request: pytest.FixtureRequest) -> Assignment:
    return load_assignment(request.param, COURSE)


def modules_of(sources: dict[str, str]) -> Iterator[types.ModuleType]:
    """The modules that these sources make; fails if one cannot be run to its end."""
    with local_transport(sources) as transport:
        assert [failure.summary for _, failure in transport.executor.failures] == []
        yield from transport.executor.modules


def described(value: object) -> object:
    """Signature and docstring of a function; of a class, those of its methods too."""
    if isinstance(value, type):
        members = {
            name: described(member) for name, member in vars(value).items() if callable(member) and not name.startswith("__")
        }
        made = vars(value).get("__init__")
        return value.__doc__, described(made) if made else None, members
    return str(inspect.signature(value)) if callable(value) else None, inspect.getdoc(value)


def test_a_homework_has_the_files_that_its_reference_makes(homework: Assignment) -> None:
    """Nobody edits a stub by hand: `grader stubs NAME` brings them up to date."""
    assert outdated_files(homework) == ()


def test_a_homeworks_stubs_can_be_imported_and_share_signatures_with_the_reference(homework: Assignment) -> None:
    """Every name that a question asks for is in its file, in stub and reference, with the same parameters and docstrings."""
    assert homework.reference is not None
    stubs = {name: (homework.folder / name).read_text(encoding="utf-8") for name in homework.files}
    solutions = {name: (homework.reference / name).read_text(encoding="utf-8") for name in homework.files}
    found = []
    for sources in (stubs, solutions):
        by_file = {f"{module.__name__}.py": module for module in modules_of(sources)}
        found.append({(q.file, name): described(getattr(by_file[q.file], name)) for q in homework.questions for name in q.names})
    stub, reference = found
    assert {key for key in reference if stub[key] != reference[key]} == set()
    assert all(question.names for question in homework.questions if question.graded)


def test_a_homeworks_stubs_raise_not_implemented(homework: Assignment) -> None:
    """Each function that a question asks for is a stub: whatever it is called with."""
    stubs = {name: (homework.folder / name).read_text(encoding="utf-8") for name in homework.files}
    asked = {name for question in homework.questions for name in question.names}
    seen = set()
    for module in modules_of(stubs):
        for name in asked & vars(module).keys():
            value = getattr(module, name)
            seen.add(name)
            if not isinstance(value, types.FunctionType):
                continue
            required = [p for p in inspect.signature(value).parameters.values() if p.default is p.empty]
            positional = [None for p in required if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            with pytest.raises(NotImplementedError):
                value(*positional, **{p.name: None for p in required if p.kind is p.KEYWORD_ONLY})
    assert seen == asked


def test_a_homeworks_notebook_defines_what_its_files_do(homework: Assignment) -> None:
    """Its code cells, one after the other, run, and define the same functions and classes."""
    if not homework.notebook:
        pytest.skip("a homework without a notebook")
    notebook = nbformat.read(homework.folder / homework.notebook, as_version=4)
    nbformat.validate(notebook)
    code = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    stubs = [(homework.folder / name).read_text(encoding="utf-8") for name in homework.files]
    assert defined(code) == {name for stub in stubs for name in defined(stub)}
    (module,) = modules_of({"notebook_cells.py": code})
    assert set(homework.names) <= vars(module).keys()
    headings = [cell.source for cell in notebook.cells if cell.source.startswith("## ")]
    assert len(headings) == len(set(headings))
    assert len(headings) == sum(bool(question.names) for question in homework.questions)


def defined(source: str) -> set[str]:
    return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
