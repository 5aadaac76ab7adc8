"""Right solutions that were written differently from the reference, and from each other, keep every point."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest

from grader.assignment import Assignment, load_assignment
from grader.messages import Report
from grader.opening import heavy_imports, running_zygote
from grader.outcomes import Outcome
from grader.runner import Checks, with_checks
from grader.submission import Found

COURSE = Path(__file__).parents[1]
ROOT = Path(__file__).parent / "right_solutions"
FOLDERS = sorted(path for path in ROOT.glob("*/*") if any(path.glob("*.py")))
HOMEWORKS = sorted({folder.parent.name for folder in FOLDERS})
AT_LEAST = 3  # solutions of each graded question

# one worker of a parallel test run grades a homework's solutions
ONE_PROCESS = {name: [pytest.mark.sandbox, pytest.mark.xdist_group(f"right_solutions_{name}")] for name in HOMEWORKS}


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest) -> dict[str, Report]:
    """The reports on all solutions of the homework `request.param`, by the names of their folders."""
    assignment = load_assignment(request.param, COURSE)
    found = [Found(folder.name, folder) for folder in FOLDERS if folder.parent.name == request.param]
    graded: dict[str, Report] = {}

    def grade(checks: Checks) -> None:
        with running_zygote(assignment, lock_in=True, preload=heavy_imports(found, assignment)) as zygote:
            graded.update({one.id: checks.grade(one, zygote) for one in found})

    with_checks(assignment, grade)
    return graded


@pytest.mark.parametrize(
    ("reports", "solution"),
    [pytest.param(f.parent.name, f.name, id=f"{f.parent.name}-{f.name}", marks=ONE_PROCESS[f.parent.name]) for f in FOLDERS],
    indirect=["reports"],
)
def test_a_right_solution_keeps_every_point(reports: dict[str, Report], solution: str) -> None:
    """Every check passes, public and hidden."""
    report = reports[solution]
    checks = [check for question in report.questions for check in question.checks]
    lost = [
        f"{check.name}: {check.outcome.value}: {check.message} {check.hint} {check.staff_message}".rstrip()
        for check in checks
        if check.outcome is not Outcome.PASSED
    ]
    assert not lost, "\n".join([*lost, *report.notes])
    assert checks
    assert report.score == report.max_score > 0


@pytest.mark.parametrize("name", HOMEWORKS)
def test_the_solutions_are_written_differently(name: str) -> None:
    """For each graded question there are at least three solutions, no two of them, and none and the reference, the same code."""
    assignment = load_assignment(name, COURSE)
    assert assignment.reference is not None
    folders = [folder for folder in FOLDERS if folder.parent.name == name]
    assert len(folders) >= AT_LEAST
    for question in assignment.questions:
        if not question.graded:
            continue
        written = {folder.name: code_of(folder, assignment, question.id) for folder in [assignment.reference, *folders]}
        for (one, code), (other, same) in itertools.combinations(written.items(), 2):
            assert code != same, f"{question.id}: {one} and {other} are the same"


def code_of(folder: Path, assignment: Assignment, question: str) -> str:
    """How a solution defines the names of a question, without comments, annotations and docstrings."""
    asked = assignment.question(question)
    tree = ast.parse((folder / asked.file).read_text(encoding="utf-8"))
    definitions = [node for node in tree.body if defined_by(node) & set(asked.names)]
    assert {name for node in definitions for name in defined_by(node)} >= set(asked.names), f"{question}: {folder} lacks a name"
    return "\n".join(ast.unparse(_Bare().visit(node)) for node in definitions)


def defined_by(node: ast.stmt) -> set[str]:
    """The names that a statement at a module's top level defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        case ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name for alias in aliases}
    return set()


class _Bare(ast.NodeTransformer):
    """Takes away what says nothing about how a solution works."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant):
            return ast.Pass()  # a docstring
        return self.generic_visit(node)
