"""What a reader is told of the trainings in a report: for a student, how every run went; for an instructor, where to look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.messages import QuestionResult, Report, TrainingRun

__all__ = ["remarks_on_trainings", "trained_lines"]

_MOST_NAMED = 10


def trained_lines(question: QuestionResult) -> Iterator[str]:
    """A line for every run of the question's trainings, in the order in which they took place; its checks share them."""
    runs: dict[str, dict[int, TrainingRun]] = {}
    for check in question.checks:
        for run in check.training:
            runs.setdefault(run.training, {})[run.seed] = run
    for training, by_seed in runs.items():
        for number, run in enumerate(by_seed.values(), 1):
            which = f", run {number} of {len(by_seed)}" if len(by_seed) > 1 else ""
            yield f"trained {training}{which}: {_how_it_went(run)}"


def _how_it_went(run: TrainingRun) -> str:
    """Such as "900 steps in 10 s on cpu, loss 1.61 to 0.49; cnn 84.5 %, dnn 74.7 % right"."""
    steps = f"{run.steps:,} steps" if run.steps >= run.of_steps else f"{run.steps:,} of {run.of_steps:,} steps"
    text = f"{steps} in {run.seconds:.0f} s on {run.device}"
    if len(run.losses) > 1:
        text += f", loss {run.losses[0][1]:.3g} to {run.losses[-1][1]:.3g}"
    if run.accuracy:
        text += "; " + ", ".join(f"{name} {percent:.1f} %" for name, percent in run.accuracy.items()) + " right"
    return f"{text}; ended: {run.ended}" if run.ended else text


def remarks_on_trainings(reports: Sequence[Report]) -> str:
    """Whose trainings an instructor should look at, and how many remarks there are on each; empty where there are none."""
    noted = {
        report.submission.id: {
            note for question in report.questions for check in question.checks for run in check.training for note in run.notes
        }
        for report in reports
    }
    counts = [f"{name} ({len(notes)})" for name, notes in sorted(noted.items()) if notes]
    if not counts:
        return ""
    more = f" and {len(counts) - _MOST_NAMED} more" if len(counts) > _MOST_NAMED else ""
    return f"Remarks on trainings, for you to look at (staff_message in report.json): {', '.join(counts[:_MOST_NAMED])}{more}."
