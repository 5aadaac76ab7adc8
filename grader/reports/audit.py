"""`grader audit` on a terminal: a row a submission of the audit, then what is wrong."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.authors.audit import Row, audit
from grader.authors.stubs import outdated_files
from grader.homework.assignment import Assignment
from grader.homework.training_table import PROFILES
from grader.reports.safe import shown
from grader.reports.terminal import points
from grader.training.calibration import gaps_of
from grader.training.setup import Setup, devices_here

__all__ = ["show_audit"]


def show_audit(assignment: Assignment, *, jobs: int = 1, training: Setup | None = None) -> int:
    """Audit, show the table, and return the exit code: 1 if the grading is not sound."""
    console = Console(highlight=False)
    outdated = outdated_files(assignment)
    with console.status(f"auditing {assignment.name}") as status:
        result = audit(
            assignment,
            lambda row: status.update(f"auditing {assignment.name}: {row.kind} {row.name}"),
            jobs=jobs,
            training=training,
        )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "name", "points", "loses", "verdict"):
        table.add_column(name, justify="right" if name == "points" else "left", overflow="fold")
    for row in result.rows:
        table.add_row(row.kind, shown(row.name), f"{points(row.score)}/{points(row.max_score)}", shown(row.note), _verdict(row))
    console.print(table)
    for row in result.rows:
        for problem in row.problems:
            console.print(shown(f"{row.kind} {row.name}: {problem}", "red"))
    for problem in result.problems:
        console.print(shown(problem, "red"))
    for name in outdated:
        console.print(
            f"{name} is not what the reference makes of it: run `grader stubs {assignment.name}`.", style="red", markup=False
        )
    if assignment.training and training is None:
        console.print("Trainings did not run: `grader audit --train` audits their checks, too (minutes).", markup=False)
    for uncalibrated in gaps_of(assignment, tuple(name for name in PROFILES if name not in devices_here())):
        console.print(shown(f"cannot be mended on this machine: {uncalibrated}", "yellow"))
    for lacking in dict.fromkeys(training.lacking.values() if training else ()):
        console.print(shown(lacking, "yellow"))
    if result.not_graded:
        questions = ", ".join(q.id for q in assignment.questions if not q.graded)
        console.print(
            f"{points(result.not_graded)} points are not graded yet ({questions}): the reference's full marks are the rest."
        )
    mistakes = sum(row.kind == "mistake" for row in result.rows)
    sound = result.sound and not outdated
    if sound:
        console.print(f"{assignment.name}: sound. {mistakes} mistakes, each caught on its own question.", style="green")
    else:
        console.print(f"{assignment.name}: not sound; see above.", style="bold red")
    return 0 if sound else 1


def _verdict(row: Row) -> Text:
    return Text("ok", "green") if not row.problems else Text(f"{len(row.problems)} wrong", "red")
