"""Does chance decide? The reference and every mistake of a question that trains, graded again and again, each time with other seeds.

Usage: python benchmarks/verdicts.py [HOMEWORK ...] [--times 20] [--busy 0] [--jobs 2] [--reference | --mistakes]

A reference that loses a point once, or a mistake that once keeps all points of its question, is an error: exit code 1. `--busy 2` keeps two
loops running beside it, on the same processors. Seeds are not those of the calibration. Data sets have to be there: `grader data fetch`.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

COURSE = Path(__file__).parents[1]
sys.path.insert(0, str(COURSE))

from grader.authors.judges import ask_judges, submission_of  # noqa: E402
from grader.authors.reference_time import time_reference  # noqa: E402
from grader.homework.assignment import Assignment, load_assignment  # noqa: E402
from grader.homework.mistakes import load_mistakes, mistaken_source  # noqa: E402
from grader.messages import Report  # noqa: E402
from grader.runner import Checks  # noqa: E402
from grader.sandbox.client import ZygoteClient  # noqa: E402
from grader.training.calibration import questions_with_mistakes  # noqa: E402
from grader.training.setup import prepare  # noqa: E402

FIRST_SEED = 20_000


class Task(msgspec.Struct, frozen=True):
    """One grading: of the reference, or of a mistake in `question`."""

    name: str
    question: str
    seed: int
    sources: dict[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What came of it: points, and for each training the first run's accuracies and how many runs there were."""

    kept: bool  # every point of the question, or of all of them
    runs: int
    accuracies: dict[str, float]
    said: str


def begin(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[Task], Answer]:
    """In a judging process: what grades a task."""
    checks.grading.hints.mistakes = ()  # nobody reads them here
    trained = {one.question for one in checks.assignment.training}
    telling = {one.id: questions_with_mistakes(checks.assignment, one) for one in checks.assignment.training}
    pairs = [pair for pair in zip(checks.items, checks.checks, strict=True) if pair[1].question in trained]

    def grade(task: Task) -> Answer:
        chosen = [
            (item, check)
            for item, check in pairs
            if not task.question
            or (check.question == task.question and task.question in telling.get(check.training, {task.question}))
        ]
        checks.items, checks.checks = [item for item, _ in chosen], [check for _, check in chosen]
        checks.grading.seed = task.seed
        submission = submission_of(f"{task.name}-{task.seed}", task.sources)
        return _answer(checks.grade_submission(submission, zygote, demand_lock=demand_lock))

    return grade


def _answer(report: Report) -> Answer:
    results = [check for question in report.questions for check in question.checks]
    runs = {(run.training, run.seed): run for check in results for run in check.training}
    first: dict[str, float] = {}
    for (training, _), run in runs.items():
        for network, percent in run.accuracy.items():
            first.setdefault(f"{training}.{network}", percent)
    lost = [
        f"{check.name}: {check.outcome.value}: {check.message} {check.staff_message}"
        for check in results
        if check.points < check.max_points
    ]
    return Answer(not lost, len(runs), first, " | ".join(lost))


def tasks_of(assignment: Assignment, times: int, *, reference: bool, mistakes: bool) -> Iterator[Task]:
    assert assignment.reference is not None
    right = {file: (assignment.reference / file).read_text(encoding="utf-8") for file in assignment.files}
    trained = {one.question for one in assignment.training}
    for seed in range(FIRST_SEED, FIRST_SEED + times):
        if reference:
            yield Task("reference", "", seed, right)
        for mistake in load_mistakes(assignment) if mistakes else ():
            if mistake.question in trained:
                yield Task(mistake.name, mistake.question, seed, mistaken_source(assignment, mistake))


def measure(assignment: Assignment, times: int, jobs: int, *, reference: bool, mistakes: bool) -> int:
    """Grade everything `times` times and print a line for each; returns how many gradings went wrong."""
    setup = time_reference(assignment, prepare(assignment, device="cpu"))
    if setup is None or setup.lacking:
        raise SystemExit(f"{assignment.name}: {setup and setup.lacking}")
    tasks = list(tasks_of(assignment, times, reference=reference, mistakes=mistakes))
    answers: dict[str, list[Answer]] = defaultdict(list)

    def take(number: int, answer: Answer) -> None:
        task = tasks[number]
        answers[task.name].append(answer)
        if answer.kept == bool(task.question):
            print(f"WRONG: {task.name}, seed {task.seed}: {answer.said or 'kept all points'}; {answer.accuracies}", flush=True)

    def lost(task: Task) -> Any:
        return Answer(not task.question, 0, {}, "the grading process ended over it")

    began = time.monotonic()
    ask_judges(assignment, tasks, begin, take, jobs=jobs, lock_in=True, if_lost=lost, training=setup)
    wrong = 0
    for name, made in answers.items():
        missed = sum(answer.kept != (name == "reference") for answer in made)
        wrong += missed
        reached = "; ".join(
            f"{network} {min(values):.1f} to {max(values):.1f} %"
            for network in made[0].accuracies
            if (values := [answer.accuracies[network] for answer in made if network in answer.accuracies])
        )
        again = sum(answer.runs > min(other.runs for other in made) for answer in made)
        verdict = "all points" if name == "reference" else "loses points"
        print(f"  {name:40} {verdict} {len(made) - missed} of {len(made)} times; run again {again} times; {reached}")
    print(f"{assignment.name}: {wrong} of {len(tasks)} verdicts wrong, {time.monotonic() - began:.0f} s", flush=True)
    return wrong


def _spin() -> None:
    while True:
        pass


@contextlib.contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many processes that calculate without end, beside what runs inside."""
    loops = [multiprocessing.get_context("fork").Process(target=_spin, daemon=True) for _ in range(count)]
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("homeworks", nargs="*")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--reference", action="store_true", help="the reference alone")
    parser.add_argument("--mistakes", action="store_true", help="the mistakes alone")
    chosen = parser.parse_args()
    names = chosen.homeworks or sorted(path.parent.name for path in (COURSE / "assignments").glob("*/assignment.toml"))
    wrong = 0
    with busy_loops(chosen.busy):
        for name in names:
            wrong += measure(
                load_assignment(name, COURSE), chosen.times, chosen.jobs,
                reference=not chosen.mistakes, mistakes=not chosen.reference,
            )  # fmt: skip
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
