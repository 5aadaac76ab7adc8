"""The grader is graded: is an assignment's grading sound?

The reference has to get every point, under several seeds; the stub none, with nothing but `not_answered`; every known mistake has to
lose points on its own question and on no other but those that depend on it; and every check has to be failed by some mistake. Besides,
submissions whose functions return rubbish must end as the student's failure in every check, not as the check's own breakdown.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.errors import AssignmentError
from grader.messages import Report, Unit
from grader.mistakes import load_mistakes, mistaken_source
from grader.opening import running_zygote
from grader.outcomes import Outcome
from grader.runner import Checks, with_checks
from grader.submission import Module, Submission

__all__ = ["Audit", "Row", "audit", "submission_of"]

SEEDS = (0, 1, 2)
# what a function or class of a submission may turn out to be; none of it is worth a point
_RUBBISH = {
    "returns None": "def {name}(*args, **kwargs):\n    return None\n",
    "returns text": "def {name}(*args, **kwargs):\n    return 'rubbish'\n",
    "returns a number": "def {name}(*args, **kwargs):\n    return 12345.678\n",
    "returns a misshapen array": "def {name}(*args, **kwargs):\n    import numpy\n    return numpy.full((2, 1, 3), numpy.nan)\n",
    "returns a tuple of Nones": "def {name}(*args, **kwargs):\n    return None, None\n",
    "is an empty object": "class {name}:\n    def __init__(self, *args, **kwargs):\n        pass\n",
    "is an empty module": "import torch\n\nclass {name}(torch.nn.Module):\n    def __init__(self, *args):\n        super().__init__()\n",
}


class Row(msgspec.Struct, frozen=True):
    """What became of one submission of the audit; `problems` is empty if that is as it should be."""

    kind: str
    name: str
    score: float
    max_score: float
    note: str
    problems: tuple[str, ...]


class Audit(msgspec.Struct, frozen=True):
    """All rows, and what is wrong with the assignment as a whole."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    not_graded: float

    @property
    def sound(self) -> bool:
        return not self.problems and not any(row.problems for row in self.rows)


def submission_of(name: str, sources: Mapping[str, str]) -> Submission:
    """A submission made of these sources (file name -> text)."""
    modules = tuple(Module(file.removesuffix(".py"), file, (Unit(file, text),)) for file, text in sources.items())
    return Submission(name, name, {file: text.encode() for file, text in sources.items()}, modules)


def audit(assignment: Assignment, on_row: Callable[[Row], None] = lambda row: None, *, lock_in: bool = True) -> Audit:
    """Audit an assignment. Raises `AssignmentError` where its checks cannot be collected or it has no reference."""
    if assignment.reference is None:
        raise AssignmentError(
            f"{assignment.name} has no reference: expected {assignment.folder.parent.parent}/reference/{assignment.name}."
        )
    rows: list[Row] = []
    problems: list[str] = []
    ungraded = 0.0

    def body(checks: Checks) -> None:
        nonlocal ungraded
        auditor = _Auditor(assignment, lambda s: checks.grade_submission(s, zygote, demand_lock=lock_in), checks)
        for row in auditor.rows():
            rows.append(row)
            on_row(row)
        problems.extend(auditor.uncaught())
        ungraded = sum(q.points for q in assignment.questions if not q.graded)

    with contextlib.ExitStack() as stack:
        zygote = stack.enter_context(running_zygote(assignment, lock_in=lock_in))
        with_checks(assignment, body)
    return Audit(tuple(rows), tuple(problems), ungraded)


class _Auditor:
    def __init__(self, assignment: Assignment, grade: Callable[[Submission], Report], checks: Checks) -> None:
        self.assignment = assignment
        self.grade = grade
        self.checks = checks
        self.caught: dict[str, list[str]] = defaultdict(list)  # check -> mistakes that fail it
        self.dependents = _dependents(assignment, checks)

    def rows(self) -> Iterator[Row]:
        yield from self._reference()
        yield self._stub()
        for mistake in load_mistakes(self.assignment):
            report = self.grade(submission_of(mistake.name, mistaken_source(self.assignment, mistake)))
            yield self._mistake(mistake.name, mistake.question, report)
        for what, template in _RUBBISH.items():
            yield self._rubbish(what, template)

    def _reference(self) -> Iterator[Row]:
        assert self.assignment.reference is not None
        sources = _sources(self.assignment.reference, self.assignment)
        for seed in SEEDS:
            self.checks.grading.seed = seed
            report = self.grade(submission_of("reference", sources))
            wrong = [_said(c.name, c.outcome, c.message, c.staff_message) for c in _all(report) if c.outcome is not Outcome.PASSED]
            yield _row("reference", f"seed {seed}", report, "every point", wrong)
        self.checks.grading.seed = SEEDS[0]

    def _stub(self) -> Row:
        report = self.grade(submission_of("stub", _sources(self.assignment.folder, self.assignment)))
        wrong = [_said(c.name, c.outcome, c.message) for c in _all(report) if c.outcome is not Outcome.NOT_ANSWERED]
        return _row("stub", "as handed out", report, "no points, not answered", wrong)

    def _mistake(self, name: str, question: str, report: Report) -> Row:
        lost = {}
        wrong = []
        for result in report.questions:
            failing = [c for c in result.checks if c.outcome is not Outcome.PASSED]
            wrong += [_said(c.name, c.outcome, c.message, c.staff_message) for c in failing if c.outcome is Outcome.NOT_GRADED]
            if failing:
                lost[result.id] = sum(c.max_points for c in failing)
            for check in failing:
                self.caught[check.name].append(name)
        if question not in lost:
            wrong.append(f"loses nothing on {question}")
        allowed = self.dependents[question] | {question}
        for other in lost.keys() - allowed:
            names = ", ".join(
                c.name for q in report.questions if q.id == other for c in q.checks if c.outcome is not Outcome.PASSED
            )
            wrong.append(f"loses points on {other} too, which does not depend on {question} ({names})")
        return _row("mistake", name, report, ", ".join(f"{q} −{points:g}" for q, points in lost.items()), wrong)

    def _rubbish(self, what: str, template: str) -> Row:
        sources = {
            file: "\n\n".join(template.format(name=name) for q in self.assignment.questions if q.file == file for name in q.names)
            for file in self.assignment.files
        }
        report = self.grade(submission_of("rubbish", sources))
        wrong = [
            _said(c.name, c.outcome, c.message, c.staff_message)
            for c in _all(report)
            if c.outcome in (Outcome.NOT_GRADED, Outcome.PASSED)
        ]
        return _row("rubbish", what, report, "no points, and the student's doing", wrong)

    def uncaught(self) -> Iterator[str]:
        for check in self.checks.checks:
            if not self.caught[check.name]:
                yield f"no mistake fails {check.name} ({check.question}): is it a check at all? Add a mistake that it is there to catch."


def _dependents(assignment: Assignment, checks: Checks) -> dict[str, set[str]]:
    """For each question, those that declare that they depend on it: themselves, through another, or by one of their checks."""
    direct: dict[str, set[str]] = defaultdict(set)
    question_of = {check.name: check.question for check in checks.checks}
    for question in assignment.questions:
        for needed in question.depends:
            direct[needed].add(question.id)
    for check in checks.checks:
        for name in check.depends:
            direct[question_of[name]].add(check.question)
    found: dict[str, set[str]] = defaultdict(set)
    for start in [question.id for question in assignment.questions]:
        waiting = list(direct[start])
        while waiting:
            new = waiting.pop()
            if new not in found[start]:
                found[start].add(new)
                waiting += direct[new]
    return found


def _sources(folder: Path, assignment: Assignment) -> dict[str, str]:
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in assignment.files}
    except OSError as error:
        raise AssignmentError(
            f"{error.filename} cannot be read ({error.strerror}): `grader stubs {assignment.name}` makes the stubs."
        ) from error


def _all(report: Report):  # type: ignore[no-untyped-def]
    return [check for question in report.questions for check in question.checks]


def _row(kind: str, name: str, report: Report, note: str, wrong: list[str]) -> Row:
    return Row(
        kind,
        name,
        report.score,
        report.max_score + sum(c.max_points for c in _all(report) if c.outcome is Outcome.NOT_GRADED),
        note,
        tuple(wrong),
    )


def _said(name: str, outcome: Outcome, message: str, staff: str = "") -> str:
    detail = f"\n{staff.strip()[-800:]}" if staff and outcome is Outcome.NOT_GRADED else ""
    return f"{name}: {outcome.value}: {message}{detail}"
