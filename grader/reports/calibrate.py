"""`grader calibrate` on a terminal: a bar with the time left, then what reference and mistakes reach, and what a threshold risks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from grader.authors.calibrate import calibrate, recalculate
from grader.authors.runs import Task
from grader.homework.assignment import Assignment
from grader.reports.safe import plain, shown
from grader.training.calibration import Calibrated, Measured, is_measured
from grader.training.chance import ACCEPTED, FEWEST_RUNS, highest_threshold
from grader.training.verdict import score_of

__all__ = ["calibrate_with_progress", "show_chances"]


def calibrate_with_progress(
    assignment: Assignment, *, seeds: int, mistake_seeds: int, profile: str, jobs: int, only: Sequence[str] = ()
) -> int:
    """Calibrate, and show what came of it. Returns the exit code: 1 if a right solution may well miss a threshold."""
    console = Console(highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("starting", total=None)

        def tell(task: Task, measured: Measured) -> None:
            told = ", ".join(f"{name} {percent:.1f}" for name, percent in measured.accuracy.items()) or measured.ended
            progress.update(bar, advance=1, description=plain(f"{task.training}, {task.mistake or 'reference'}: {told}", 80))

        found = calibrate(
            assignment,
            seeds=seeds,
            mistake_seeds=mistake_seeds,
            profile=profile,
            jobs=jobs,
            only=only,
            on_begin=lambda count: progress.update(bar, total=count),
            on_run=tell,
            on_note=lambda sentence: progress.console.print(shown(sentence, "yellow")),
        )
    safe = [_show(name, calibrated, console) for name, calibrated in found.items()]
    if seeds < FEWEST_RUNS:
        console.print(f"{seeds} runs are too few for the audit: expected at least {FEWEST_RUNS} (--seeds).", style="yellow")
    return 0 if all(safe) else 1


def show_chances(assignment: Assignment, *, only: Sequence[str] = ()) -> int:
    """Bring the file up to today's thresholds, without training, and show it. Returns the exit code, as `calibrate_with_progress` does."""
    console = Console(highlight=False)
    found = recalculate(assignment, only=only, on_note=lambda sentence: console.print(shown(sentence, "yellow")))
    safe = [
        _show(f"{name} on {profile}", calibrated, console)
        for name, profiles in found.items()
        for profile, calibrated in profiles.items()
    ]
    return 0 if all(safe) else 1


def _show(name: str, calibrated: Calibrated, console: Console) -> bool:
    """A table a training; whether every threshold is safe."""
    profile = calibrated.profile
    table = Table(
        title=f"{name}: {len(calibrated.reference)} runs, {calibrated.seconds:.1f} s each", box=SIMPLE_HEAD, title_justify="left"
    )
    for column in ("score", "mean", "deviation", "lowest", "threshold", "false fails in 1,000", "could be"):
        table.add_column(column, justify="left" if column == "score" else "right", overflow="fold")
    for score, chance in calibrated.false_fail.items():
        scores, threshold = calibrated.scores(score), profile.thresholds[score]
        highest = highest_threshold(scores, profile, least=-100.0 if "-" in score else 0.0)
        table.add_row(
            score, f"{np.mean(scores):.2f}", f"{np.std(scores, ddof=1):.2f}", f"{min(scores):.1f}", f"{threshold:g}",
            Text(f"{1000 * chance:.2f}", "green" if chance <= ACCEPTED else "bold red"), "none" if highest is None else f"{highest:.1f}",
        )  # fmt: skip
    console.print(table)
    for mistake, runs in sorted(calibrated.mistakes.items()):
        console.print(shown(_mistake_line(mistake, runs, calibrated)))
    unmeasured = [score for score in profile.thresholds if score not in calibrated.false_fail]
    for score in unmeasured:
        console.print(shown(f"the threshold of {score} is not calibrated: no run of {name} has that score", "bold red"))
    return not unmeasured and all(chance <= ACCEPTED for chance in calibrated.false_fail.values())


def _mistake_line(mistake: str, runs: Sequence[Measured], calibrated: Calibrated) -> str:
    """What a mistake reaches, and whether the thresholds tell it from the reference."""
    thresholds = calibrated.profile.thresholds
    reached = [{score: score_of(score, run.accuracy) for score in thresholds if is_measured(score, run)} for run in runs]
    if not any(reached):
        return f"mistake {mistake}: {next((run.ended for run in runs if run.ended), 'no run has a score of these thresholds')}"
    told = ", ".join(
        f"{score} {min(found):.1f} to {max(found):.1f}"
        for score in thresholds
        if (found := [scores[score] for scores in reached if score in scores])
    )
    missed = [any(scores[score] < thresholds[score] for score in scores) for scores in reached]
    caught = sum(below or not run.accuracy for below, run in zip(missed, runs, strict=True))
    verdict = "below a threshold in every run" if caught == len(runs) else f"below a threshold in {caught} of {len(runs)} runs"
    if not caught:
        verdict = "as good as the reference: no accuracy tells it, another check has to (of the optimizer's settings, say)"
    return f"mistake {mistake}: {told}: {verdict}"
