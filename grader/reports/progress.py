"""`grader grade` on a terminal: a progress bar with the time left, then the class as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grader.classroom.grading import Grades, grade_class
from grader.homework.assignment import Assignment
from grader.intake.layouts import Layout
from grader.intake.people import Roster
from grader.intake.submission import Found
from grader.messages import Report
from grader.outcomes import Outcome
from grader.reports.safe import plain, shown
from grader.reports.terminal import class_summary, points
from grader.reports.trained import remarks_on_trainings
from grader.training.setup import Setup

__all__ = ["grade_with_progress"]


def grade_with_progress(
    assignment: Assignment,
    paths: Sequence[Path],
    out: Path,
    *,
    jobs: int,
    lock_in: bool,
    redo: bool,
    fail_under: float | None,
    layout: Layout = "auto",
    roster: Roster | None = None,
    training: Callable[[Callable[[], None]], Setup | None] | None = None,
) -> int:
    """Grade, show how far it is, and sum up. Returns the exit code.

    `training` prepares what trainings run with; it calls what it is given when the reference is trained for that, which takes its time.
    """
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

    def say(found: Found, text: str) -> None:
        progress.update(task, description=plain(f"{found.id}: {text}", 100))

    def tell_of_timing() -> None:
        console.print(
            f"Timing the reference of {assignment.name} on this machine, once: time limits are multiples of what it takes.",
            soft_wrap=True,
        )

    try:
        grades = grade_class(
            assignment,
            paths,
            out,
            jobs=jobs,
            lock_in=lock_in,
            redo=redo,
            layout=layout,
            roster=roster,
            training=(lambda: training(tell_of_timing)) if training else None,
            on_progress=say,
            on_found=lambda sentence: console.print(shown(sentence), soft_wrap=True),
            on_begin=begin,
            on_report=advance,
        )
    finally:
        if progress.live.is_started:
            progress.stop()
    class_summary(grades.reports, console)
    if remarks := remarks_on_trainings(grades.reports):
        console.print(shown(remarks), soft_wrap=True)
    _close(grades, assignment, console, lock_in=lock_in)
    for lacking in dict.fromkeys(grades.training.lacking.values() if grades.training else ()):
        console.print(f"not graded: {lacking}", style="magenta", markup=False)
    untrained = {one.question for one in assignment.training} if training is None else set()
    if untrained:
        console.print(f"{', '.join(sorted(untrained))}: training was not asked for.", style="magenta", markup=False)
    return _exit_code(grades, assignment, fail_under, untrained)


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


def _exit_code(grades: Grades, assignment: Assignment, fail_under: float | None, untrained: set[str]) -> int:
    """1 if something could not be graded that is meant to be, or a submission is under the bar.

    `untrained`: questions that train, in a run that was told not to.
    """
    meant = {q.id for q in assignment.questions if not q.graded} | untrained
    incomplete = any(
        any(c.outcome is Outcome.NOT_GRADED for c in q.checks) or (q.not_graded and q.id not in meant)
        for report in grades.reports
        for q in report.questions
    )
    under = fail_under is not None and any(report.score < fail_under for report in grades.reports)
    return int(incomplete or under)
