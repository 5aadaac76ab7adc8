"""The runs of a calibration: what is to be trained, and what makes one run in a judging process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from grader.authors.judges import submission_of
from grader.homework.assignment import Assignment
from grader.homework.mistakes import load_mistakes, mistaken_source
from grader.homework.training_table import Training
from grader.messages import Report
from grader.outcomes import Fault, Outcome
from grader.runner import Checks
from grader.sandbox.client import ZygoteClient
from grader.training.calibration import Measured, questions_with_mistakes

__all__ = ["Answer", "Task", "begin_runs", "tasks_of"]

_SEEDS = 5_000  # from here on: not those that gradings use


class Task(msgspec.Struct, frozen=True):
    """One run to make: of the reference (`mistake` is empty) or of a mistake."""

    training: str
    mistake: str
    seed: int
    sources: dict[str, str]
    threads: int = 0  # 0: as many as the job has processors


class Answer(msgspec.Struct, frozen=True):
    measured: Measured
    lacking: str = ""  # what the machine has not, for which reason there was no run
    lost: bool = False  # a judge died over it, perhaps with the whole calibration: nothing to go on from


def tasks_of(assignment: Assignment, chosen: Sequence[Training], seeds: int, mistake_seeds: int) -> list[Task]:
    """The reference with so many seeds, and each known mistake of the trainings' questions with so many."""
    assert assignment.reference is not None
    reference = {name: (assignment.reference / name).read_text(encoding="utf-8") for name in assignment.files}
    tasks = []
    for training in chosen:
        tasks += [Task(training.id, "", _SEEDS + seed, reference) for seed in range(seeds)]
        questions = questions_with_mistakes(assignment, training) if mistake_seeds else set()
        for mistake in load_mistakes(assignment) if mistake_seeds else ():
            if mistake.question in questions:
                sources = mistaken_source(assignment, mistake)
                tasks += [Task(training.id, mistake.name, _SEEDS + seed, sources) for seed in range(mistake_seeds)]
    return tasks


def begin_runs(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[Task], Answer]:
    """In a judging process: what makes one run."""
    checks.grading.calibrating = True
    everything = [(item, check) for item, check in zip(checks.items, checks.checks, strict=True) if check.training]

    def answer(task: Task) -> Answer:
        pairs = [pair for pair in everything if pair[1].training == task.training][:1]
        checks.items, checks.checks = [item for item, _ in pairs], [check for _, check in pairs]
        checks.grading.seed = task.seed
        if task.threads and checks.grading.training is not None:  # one of fewer jobs, towards the end, would have more
            checks.grading.training = msgspec.structs.replace(checks.grading.training, threads=task.threads)
        submission = submission_of(f"{task.mistake or 'reference'}-{task.seed}", task.sources)
        report = checks.grade_submission(submission, zygote, demand_lock=demand_lock)
        of_machine = (check.message for question in report.questions for check in question.checks if check.fault is Fault.MACHINE)
        return Answer(_measured(task, report), next(of_machine, ""))

    return answer


def _measured(task: Task, report: Report) -> Measured:
    results = [check for question in report.questions for check in question.checks]
    if not results:
        return Measured(
            task.seed, {}, 0.0, f"no check of the training {task.training}: expected @pytest.mark.training({task.training!r})"
        )
    (result,) = results
    if not result.training:
        return Measured(task.seed, {}, 0.0, f"{result.outcome.value}: {result.message} {result.staff_message}".strip())
    run = result.training[0]
    ended = run.ended if result.outcome is Outcome.PASSED else f"{result.outcome.value}: {result.message}"
    return Measured(task.seed, run.accuracy, run.seconds, ended)
