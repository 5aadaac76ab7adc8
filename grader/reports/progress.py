"""`grader grade` on a terminal: a progress bar with the time left, then the class as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grader.assignment import Assignment
from grader.grading import Grades, grade_class
from grader.messages import Report
from grader.reports.safe import plain
from grader.reports.terminal import class_summary, points

__all__ = ["grade_with_progress"]


def grade_with_progress(
    assignment: Assignment, paths: Sequence[Path], out: Path, *, jobs: int, lock_in: bool, redo: bool, fail_under: float | None
) -> int:
    """Grade, show how far it is, and sum up. Returns the exit code."""
    console = Console(highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task("starting", total=None)

    def begin(todo: int, done: int) -> None:
        if done:
            console.print(f"{done} of {todo + done} submissions are graded already and have not changed.")
        if todo:
            progress.update(task, total=todo)
            progress.start()

    def advance(report: Report) -> None:
        progress.update(task, advance=1, description=plain(report.submission.id, 30))

    try:
        grades = grade_class(assignment, paths, out, jobs=jobs, lock_in=lock_in, redo=redo, on_begin=begin, on_report=advance)
    finally:
        if progress.live.is_started:
            progress.stop()
    class_summary(grades.reports, console)
    _close(grades, assignment, console, lock_in=lock_in)
    return _exit_code(grades, assignment, fail_under)


def _close(grades: Grades, assignment: Assignment, console: Console, *, lock_in: bool) -> None:
    ungraded = [q for q in assignment.questions if not q.graded]
    for question in ungraded:
        console.print(
            f"{question.id} ({points(question.points)} points) is not graded: {question.note}", style="magenta", markup=False
        )
    if not lock_in:
        console.print("warning: student code ran without walls (--sandbox none); every report says so.", style="yellow")
    console.print(
        f"{len(grades.reports)} submissions, {grades.graded} graded now. Reports: {grades.folder}/ID/report.json, "
        f"{grades.folder}/grades.csv, {grades.folder}/gradebook.sqlite",
        markup=False,
        soft_wrap=True,
    )


def _exit_code(grades: Grades, assignment: Assignment, fail_under: float | None) -> int:
    """1 if something could not be graded that is meant to be, or a submission is under the bar."""
    meant = sum(q.points for q in assignment.questions if not q.graded)
    incomplete = any(report.not_graded > meant for report in grades.reports)
    under = fail_under is not None and any(report.score < fail_under for report in grades.reports)
    return int(incomplete or under)
