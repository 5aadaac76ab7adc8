"""`grader audit --mutate` on a terminal: a row a mutant, then the holes and the share."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader.authors.mutation.equivalent import EQUIVALENT
from grader.authors.mutation.mutants import Mutant
from grader.authors.mutation.trial import TARGET, Trial, Verdict, try_mutants
from grader.homework.assignment import Assignment
from grader.reports.safe import shown

__all__ = ["show_mutation"]


def show_mutation(assignment: Assignment, *, jobs: int, sample: int | None = None, seed: int = 0) -> int:
    """Try the mutants, show the table, and return the exit code: 1 where one survives without a reason, or too many do."""
    console = Console(highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"mutating {assignment.name}", total=None)
        trial = try_mutants(
            assignment,
            lambda done, total: progress.update(task, completed=done, total=total),
            jobs=jobs,
            sample=sample,
            seed=seed,
        )
    console.print(_table(trial))
    for mutant, verdict in trial.unexplained:
        console.print(_hole(mutant, verdict))
    for said in trial.stale:
        console.print(shown(f"{EQUIVALENT}: {said}", "yellow"))
    _sum_up(assignment, trial, console)
    return 0 if trial.sound else 1


def _table(trial: Trial) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("line", no_wrap=True)
    table.add_column("change", overflow="fold")
    table.add_column("killed by", overflow="fold")
    for mutant, verdict, reason in trial.tried:
        table.add_row(shown(mutant.place), _diff(mutant), _fate(verdict, reason))
    return table


def _diff(mutant: Mutant) -> Text:
    removed = "\n".join(f"- {line}" for line in mutant.line.splitlines())
    added = "\n".join(f"+ {line}" for line in mutant.change.splitlines())
    return Text.assemble(shown(removed, "dim"), "\n", shown(added))


def _fate(verdict: Verdict, reason: str) -> Text:
    if verdict.broken:
        return shown(f"{verdict.check} broke: {verdict.message}", "magenta")
    if not verdict.survived:
        how = "" if verdict.outcome.value == "failed" else f" ({verdict.outcome.value.replace('_', ' ')})"
        return shown(f"{verdict.check}{how}", "green")
    return shown(f"equivalent: {reason}", "dim") if reason else Text("survived", "red")


def _hole(mutant: Mutant, verdict: Verdict) -> Text:
    what = f"{verdict.check} broke over it: {verdict.message}" if verdict.broken else "no check notices"
    return Text.assemble(shown(f"{mutant.place} {mutant.within}: {what}\n", "red"), _diff(mutant))


def _sum_up(assignment: Assignment, trial: Trial, console: Console) -> None:
    different = len(trial.tried) - trial.equivalent
    told = f"{assignment.name}: {trial.killed} of {different} mutants that change behaviour lose points ({trial.share:.1%})"
    if trial.equivalent:
        told += f"; {trial.equivalent} more change none, by {EQUIVALENT}"
    if len(trial.tried) < trial.made:
        told += f"; a sample of {trial.made}"
    console.print(shown(f"{told}.", "green" if trial.sound else "bold red"))
    if not trial.sound:
        where = f"reference/{assignment.name}/{EQUIVALENT}"
        wanted = f"at least {TARGET:.0%}, and for every survivor a check that notices or a reason in {where}"
        console.print(shown(f"Expected {wanted}.", "red"))
