"""Right solutions that were written differently from the reference, and from each other, keep every point."""

from __future__ import annotations

import ast
import functools
import itertools
from pathlib import Path

import pytest

from grader.collecting import with_checks
from grader.homework.assignment import Assignment, load_assignment
from grader.intake.submission import Found
from grader.messages import Report
from grader.opening import heavy_imports, running_zygote
from grader.outcomes import Outcome
from grader.runner import Checks

COURSE = Path(__file__).parents[1]
ROOT = Path(__file__).parent / "right_solutions"
SOLUTIONS = {
    homework.name: sorted(folder for folder in homework.iterdir() if any(folder.glob("*.py")))
    for homework in sorted(ROOT.iterdir())
    if homework.is_dir()
}
AT_LEAST = 3  # solutions of each graded question

# one worker of a parallel test run grades a homework's solutions
CASES = [
    pytest.param(
        name,
        folder.name,
        id=f"{name}-{folder.name}",
        marks=[pytest.mark.sandbox, pytest.mark.xdist_group(f"right_solutions_{name}")],
    )
    for name, folders in SOLUTIONS.items()
    for folder in folders
]


@functools.cache
def reports_on(homework: str) -> dict[str, Report]:
    """The reports on all solutions of a homework, by the names of their folders: graded together, once.

    No fixture: pytest sets one up anew for every row of a parametrisation by two names.
    """
    assignment = load_assignment(homework, COURSE)
    found = [Found(folder.name, folder) for folder in SOLUTIONS[homework]]
    graded: dict[str, Report] = {}

    def grade(checks: Checks) -> None:
        with running_zygote(assignment, lock_in=True, preload=heavy_imports(found, assignment)) as zygote:
            graded.update({one.id: checks.grade(one, zygote) for one in found})

    with_checks(assignment, grade)
    return graded


@pytest.mark.parametrize(("homework", "solution"), CASES)
def test_a_right_solution_keeps_every_point(homework: str, solution: str) -> None:
    """Every check passes, public and hidden."""
    report = reports_on(homework)[solution]
    checks = [check for question in report.questions for check in question.checks]
    lost = [
        f"{check.name}: {check.outcome.value}: {check.message} {check.hint} {check.staff_message}".rstrip()
        for check in checks
        if check.outcome is not Outcome.PASSED
    ]
    assert not lost, "\n".join([*lost, *report.notes])
    assert checks
    assert report.score == report.max_score > 0


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_solutions_are_written_differently(name: str) -> None:
    """For each graded question there are at least three solutions, no two of them, and none and the reference, the same code."""
    assignment = load_assignment(name, COURSE)
    assert assignment.reference is not None
    folders = SOLUTIONS[name]
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
