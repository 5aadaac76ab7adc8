"""The grader is graded: is an assignment's grading sound?

The reference has to get every point, under several seeds; the stub none, with nothing but `not_answered`; every known mistake has to
lose points on its own question and on no other but those that depend on it; and every check has to be failed by some mistake. Besides,
submissions whose functions return rubbish must end as the student's failure in every check, not as the check's own breakdown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from grader.authors.judges import ask_judges, submission_of
from grader.checks import Check
from grader.errors import AssignmentError
from grader.homework.assignment import Assignment
from grader.homework.mistakes import load_mistakes, mistaken_source
from grader.messages import CheckResult, Report
from grader.outcomes import Outcome
from grader.runner import Checks
from grader.sandbox.client import ZygoteClient
from grader.training.calibration import problems_of, questions_with_mistakes
from grader.training.setup import Setup, devices_here

__all__ = ["SEEDS", "Audit", "Row", "audit"]

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


def audit(
    assignment: Assignment,
    on_row: Callable[[Row], None] = lambda row: None,
    *,
    jobs: int = 1,
    lock_in: bool = True,
    training: Setup | None = None,
) -> Audit:
    """Audit an assignment; `on_row` hears each row, in the order of `Audit.rows`.

    With `training`, the checks that train are audited, too, by the mistakes of their questions; without, their calibration alone is.
    Raises `AssignmentError` where its checks cannot be collected or it has no reference.
    """
    if assignment.reference is None:
        raise AssignmentError(
            f"{assignment.name} has no reference: expected {assignment.folder.parent.parent}/reference/{assignment.name}."
        )
    uncalibrated = tuple(problems_of(assignment, devices_here()))  # before minutes of grading: it may refuse the file
    tasks = list(_tasks(assignment))
    trained = {one.question for one in assignment.training}
    untrained = trained if training is None else set()
    checks: list[Check] = []
    findings: dict[int, _Finding] = {}
    rows: list[Row] = []

    def take(number: int, finding: _Finding) -> None:
        findings[number] = finding
        checks[:] = finding.checks if len(finding.checks) > len(checks) else checks
        while len(rows) in findings:
            rows.append(_judged(tasks[len(rows)], findings[len(rows)].report, _dependents(assignment, checks), untrained))
            on_row(rows[-1])

    def lost(task: _Task) -> NoReturn:
        raise AssignmentError(f"{assignment.name}: the grading process ended over the {task.kind} {task.name}.")

    ask_judges(assignment, tasks, _begin, take, jobs=jobs, lock_in=lock_in, if_lost=lost, training=training)
    mistakes = [(task.name, findings[i].report) for i, task in enumerate(tasks) if task.kind == "mistake"]
    ungraded = sum(q.points for q in assignment.questions if not q.graded)
    problems = (*uncalibrated, *_uncaught(checks, [report for _, report in mistakes]))
    return Audit(tuple(rows), problems, ungraded)


# --- what is handed in ------------------------------------------------------------------------------------------------------------


class _Task(msgspec.Struct, frozen=True):
    """A submission of the audit. `question` is a mistake's."""

    kind: str
    name: str
    sources: dict[str, str]
    question: str = ""
    seed: int = SEEDS[0]


def _tasks(assignment: Assignment) -> Iterator[_Task]:
    assert assignment.reference is not None
    reference = _sources(assignment.reference, assignment)
    for seed in SEEDS:
        yield _Task("reference", f"seed {seed}", reference, seed=seed)
    yield _Task("stub", "as handed out", _sources(assignment.folder, assignment))
    for mistake in load_mistakes(assignment):
        yield _Task("mistake", mistake.name, mistaken_source(assignment, mistake), mistake.question)
    for what, template in _RUBBISH.items():
        sources = {
            file: "\n\n".join(template.format(name=name) for q in assignment.questions if q.file == file for name in q.names)
            for file in assignment.files
        }
        yield _Task("rubbish", what, sources)


class _Finding(msgspec.Struct, frozen=True):
    report: Report
    checks: tuple[Check, ...]


def _begin(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[_Task], _Finding]:
    """In a judging process: what grades a task."""
    checks.grading.hints.mistakes = ()  # nobody reads hints here, and finding one runs every mistake of the question
    telling = {one.id: questions_with_mistakes(checks.assignment, one) for one in checks.assignment.training}
    pairs = list(zip(checks.items, checks.checks, strict=True))

    def answer(task: _Task) -> _Finding:
        checks.grading.seed = task.seed
        # a mistake in another question may cost points here or not, as it happens; only its own tell something about a training
        chosen = [
            pair for pair in pairs if task.kind != "mistake" or task.question in telling.get(pair[1].training, {task.question})
        ]
        checks.items, checks.checks = [item for item, _ in chosen], [check for _, check in chosen]
        submission = submission_of(task.name, task.sources)
        return _Finding(checks.grade_submission(submission, zygote, demand_lock=demand_lock), tuple(checks.checks))

    return answer


# --- what is right, and what is wrong ---------------------------------------------------------------------------------------------


def _judged(task: _Task, report: Report, dependents: Mapping[str, set[str]], untrained: set[str]) -> Row:
    match task.kind:
        case "reference":
            wrong = [_said(c.name, c.outcome, c.message, c.staff_message) for c in _all(report) if c.outcome is not Outcome.PASSED]
            return _row(task, report, "every point", wrong)
        case "stub":
            wrong = [_said(c.name, c.outcome, c.message) for c in _all(report) if c.outcome is not Outcome.NOT_ANSWERED]
            return _row(task, report, "no points, not answered", wrong)
        case "mistake":
            return _mistake(task, report, dependents[task.question] | {task.question}, untrained)
    wrong = [
        _said(c.name, c.outcome, c.message, c.staff_message)
        for c in _all(report)
        if c.outcome in (Outcome.NOT_GRADED, Outcome.PASSED)
    ]
    return _row(task, report, "no points, and the student's doing", wrong)


def _mistake(task: _Task, report: Report, allowed: set[str], untrained: set[str]) -> Row:
    """`allowed`: the questions on which the mistake may lose points; `untrained`: those whose trainings did not run."""
    lost = {}
    wrong = []
    for result in report.questions:
        failing = [c for c in result.checks if c.outcome is not Outcome.PASSED]
        wrong += [_said(c.name, c.outcome, c.message, c.staff_message) for c in failing if c.outcome is Outcome.NOT_GRADED]
        if failing:
            lost[result.id] = sum(c.max_points for c in failing)
        if failing and result.id not in allowed:
            names = ", ".join(c.name for c in failing)
            wrong.append(f"loses points on {result.id} too, which does not depend on {task.question} ({names})")
    if task.question not in lost and task.question in untrained:
        return _row(task, report, f"nothing of {task.question} without training", wrong)
    if task.question not in lost:
        wrong.insert(0, f"loses nothing on {task.question}")
    return _row(task, report, ", ".join(f"{q} −{points:g}" for q, points in lost.items()), wrong)


def _uncaught(checks: Sequence[Check], mistaken: Sequence[Report]) -> Iterator[str]:
    failed = {c.name for report in mistaken for c in _all(report) if c.outcome is not Outcome.PASSED}
    for check in checks:
        if check.name not in failed:
            yield f"no mistake fails {check.name} ({check.question}): is it a check at all? Add a mistake that it is there to catch."


def _dependents(assignment: Assignment, checks: Sequence[Check]) -> dict[str, set[str]]:
    """For each question, those that declare that they depend on it: themselves, through another, or by one of their checks."""
    direct: dict[str, set[str]] = defaultdict(set)
    question_of = {check.name: check.question for check in checks}
    for question in assignment.questions:
        for needed in question.depends:
            direct[needed].add(question.id)
    for check in checks:
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


def _all(report: Report) -> list[CheckResult]:
    return [check for question in report.questions for check in question.checks]


def _row(task: _Task, report: Report, note: str, wrong: list[str]) -> Row:
    return Row(
        task.kind,
        task.name,
        report.score,
        report.max_score + sum(c.max_points for c in _all(report) if c.outcome is Outcome.NOT_GRADED),
        note,
        tuple(wrong),
    )


def _said(name: str, outcome: Outcome, message: str, staff: str = "") -> str:
    detail = f"\n{staff.strip()[-800:]}" if staff and outcome is Outcome.NOT_GRADED else ""
    return f"{name}: {outcome.value}: {message}{detail}"
