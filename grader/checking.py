"""`grader check`: a student's own work, by the public checks, in seconds."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rich.console import Console

from grader.errors import UsageError
from grader.homework.assignment import Assignment, find_assignment_here, load_assignment
from grader.intake.submission import discover
from grader.messages import Report
from grader.opening import cores, heavy_imports, running_zygote
from grader.outcomes import Outcome
from grader.reports.safe import plain
from grader.reports.terminal import report_table
from grader.sandbox.plan import Layer
from grader.sandbox.warmup import ONE_THREAD
from grader.training.setup import prepare

__all__ = ["check_own_work"]


def check_own_work(path: Path, questions: tuple[str, ...], name: str, *, train: bool = False, device: str = "auto") -> int:
    """Run the public checks on the work at `path`, with `train` those that train as well, on `device`, and print what is wrong.

    Returns the exit code: 1 if points are missing.
    """
    console = Console(highlight=False)
    if not path.exists():
        raise UsageError(f"{path} is not there: expected the folder of your homework, or one file of it.")
    assignment = _assignment_for(path, name)
    found = discover([path], assignment)
    if len(found) != 1:
        raise UsageError(f"{path} holds {len(found)} submissions: `grader check` is for one; `grader grade` takes a class.")
    os.environ.update(ONE_THREAD)
    training = prepare(assignment, device=device, threads=cores()) if train else None
    reports: list[Report] = []
    with contextlib.ExitStack() as stack:
        zygote = stack.enter_context(
            running_zygote(assignment, lock_in=True, preload=heavy_imports(found, assignment), many=False, training=training)
        )  # imports torch while this process does
        from grader.collecting import with_checks
        from grader.runner import Checks

        def body(checks: Checks) -> None:
            if training is None:
                reports.append(checks.grade(found[0], zygote, demand_lock=False))
                return
            with console.status("checking") as status:
                checks.grading.on_progress = lambda text: status.update(plain(text, 100))
                reports.append(checks.grade(found[0], zygote, demand_lock=False))

        with_checks(assignment, body, hidden=False, questions=questions, training=training)
    report = reports[0]
    console.print(report_table(report))
    if not {Layer.NAMESPACES, Layer.LANDLOCK} & set(report.environment.sandbox) and report.submission.digest:
        console.print("note: this machine cannot lock code in; your code ran with your own rights.", style="yellow")
    if not train and any(not questions or training.question in questions for training in assignment.training):
        console.print("Trainings were left out: run `grader check --train` for those (minutes).", style="dim", markup=False)
    complete = all(c.outcome is Outcome.PASSED for q in report.questions for c in q.checks)
    return 0 if complete else 1


def _assignment_for(path: Path, name: str) -> Assignment:
    if name:
        return load_assignment(name)
    return find_assignment_here(path if path.is_dir() else path.parent)
