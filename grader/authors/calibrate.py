"""Calibrating: the reference trained with many seeds, the known mistakes with a few, so that a threshold can lie between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from grader.authors.journal import Journal
from grader.authors.judges import ask_judges
from grader.authors.runs import Answer, Task, begin_runs, tasks_of
from grader.classroom.dispatch import shares
from grader.errors import AssignmentError, MachineLacks, UsageError
from grader.homework.assignment import CALIBRATION_FILE, Assignment
from grader.homework.mistakes import load_mistakes
from grader.homework.training_table import PROFILES, Training
from grader.training.calibration import (
    SCHEMA,
    Calibrated,
    Calibration,
    Measured,
    changes_of,
    demand_writable,
    describe_machine,
    known_calibration,
    update_calibration,
    with_chances,
)
from grader.training.setup import Setup, prepare
from grader.training.work import Work, work_of

__all__ = ["calibrate", "recalculate"]


def calibrate(
    assignment: Assignment,
    *,
    seeds: int,
    mistake_seeds: int,
    profile: str,
    jobs: int,
    only: Sequence[str] = (),
    lock_in: bool = True,
    on_begin: Callable[[int], None] = lambda count: None,
    on_run: Callable[[Task, Measured], None] = lambda task, measured: None,
    on_note: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Calibrated]:
    """Calibrate the trainings that have the profile (of them `only` these), and write `calibration.json`; returns what is new in it.

    Every run is written down at once: one that is stopped is called again, and makes those that are missing; `on_begin` hears how many.
    Where no mistake is trained, what the file has of them is kept.
    Raises UsageError where there is no such training, or more runs of it than are asked for, GraderError where the file cannot be
    written, MachineLacks where data is missing, and AssignmentError where the reference does not come to its end.
    """
    chosen = _chosen(assignment, profile, only)
    demand_writable(assignment)
    setup = prepare(assignment, device=profile, option="--profile", lock_in=lock_in)
    assert setup is not None
    for training in chosen:
        if training.id in setup.lacking:
            raise MachineLacks(setup.lacking[training.id])
    known = known_calibration(assignment, on_note).trainings
    kept = {t.id: _kept(assignment, t, known.get(t.id, {}).get(profile), setup, seeds, mistake_seeds) for t in chosen}
    for name, mistakes in kept.items():
        if mistakes:
            on_note(f"No mistake is trained for {name}: what {CALIBRATION_FILE} has of {', '.join(mistakes)} is kept.")
    tasks = list(tasks_of(assignment, chosen, seeds, mistake_seeds))
    jobs = min(jobs, len(tasks))
    threads = {training.id: _threads(training, profile, jobs) for training in chosen}
    machines = {name: describe_machine(count, setup.model) for name, count in threads.items()}
    digest, works = assignment.digest, {training.id: work_of(assignment, training) for training in chosen}
    journals = {
        name: Journal(assignment.name, name, profile, digest=digest, data=setup.cuts[name].digest, machine=machine)
        for name, machine in machines.items()
    }
    runs: dict[str, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    missing = []
    for task in tasks:
        made = journals[task.training].runs.get((task.mistake, task.seed))
        if made is None:
            missing.append(msgspec.structs.replace(task, threads=threads[task.training]))
        else:
            runs[task.training][task.mistake].append(made)
    if len(missing) < len(tasks):
        on_note(f"{len(tasks) - len(missing)} of {len(tasks)} runs are there from a calibration that was stopped.")
    on_begin(len(missing))

    def take(number: int, answer: Answer) -> None:
        task = missing[number]
        if answer.lacking:
            raise MachineLacks(f"{task.training} could not be trained: {answer.lacking}")
        if not task.mistake and answer.measured.ended:
            raise AssignmentError(
                f"{assignment.name}: the reference, trained for {task.training} with seed {task.seed}, ended with {answer.measured.ended}."
            )
        if not answer.lost:
            journals[task.training].add(task.mistake, answer.measured)
        runs[task.training][task.mistake].append(answer.measured)
        on_run(task, answer.measured)

    def lost(task: Task) -> Answer:
        return Answer(Measured(task.seed, {}, 0.0, "the grading process ended over it"), lost=True)

    if missing:
        ask_judges(assignment, missing, begin_runs, take, jobs=jobs, lock_in=lock_in, if_lost=lost, training=setup)
    found = {t.id: _calibrated(t, works[t.id], runs[t.id], kept[t.id], setup, machines[t.id]) for t in chosen}

    def merge(before: Calibration) -> Calibration:
        merged = {
            name: dict(profiles) for name, profiles in before.trainings.items() if name in {t.id for t in assignment.training}
        }
        for name, calibrated in found.items():
            merged.setdefault(name, {})[profile] = calibrated
        return Calibration(SCHEMA, merged)

    update_calibration(assignment, merge, anew=True)
    for journal in journals.values():
        journal.remove()
    return found


def _chosen(assignment: Assignment, profile: str, only: Sequence[str]) -> list[Training]:
    _demand_trainings(assignment, only, assignment.training)
    having = [training for training in assignment.training if training.profile(profile) is not None]
    if not having:
        other = "--profile cuda where there is a GPU" if profile == "cpu" else "--profile cpu"
        raise UsageError(
            f"no training of {assignment.name} has the profile {profile}: expected {other}, or a table [training.{profile}] in "
            "assignment.toml."
        )
    _demand_trainings(assignment, only, having, f" with the profile {profile}")
    return [training for training in having if not only or training.id in only]


def _demand_trainings(assignment: Assignment, names: Sequence[str], among: Sequence[Training], which: str = "") -> None:
    if not assignment.training:
        raise UsageError(f"{assignment.name} has no training, and so nothing to calibrate.")
    known = [training.id for training in among]
    for name in names:
        if name not in known:
            raise UsageError(f"{assignment.name} has no training {name}{which}: expected one of {', '.join(known)}.")


def _kept(
    assignment: Assignment, training: Training, before: Calibrated | None, setup: Setup, seeds: int, mistake_seeds: int
) -> dict[str, tuple[Measured, ...]]:
    """What stays of the calibration before: the mistakes' runs, where none are made. Raises UsageError where fewer would replace any."""
    same_images = before is not None and before.data == setup.cuts[training.id].digest
    if before is None or not same_images or changes_of(assignment, training, setup.device, before):
        return {}
    today = {mistake.name for mistake in load_mistakes(assignment)}
    mistakes = {name: runs for name, runs in before.mistakes.items() if name in today and runs}
    counts = [("--seeds", seeds, "the reference", len(before.reference))]
    if mistake_seeds:
        counts += [("--mistake-seeds", mistake_seeds, f"the mistake {name}", len(runs)) for name, runs in mistakes.items()]
    for option, asked_for, whose, there in counts:
        if asked_for < there:
            raise UsageError(
                f"{option}: expected {there} or more, as {CALIBRATION_FILE} has {there} runs of {whose} for {training.id} on "
                f"{setup.device}, found {asked_for}: ask for as many, or remove trainings.{training.id}.{setup.device} from that file."
            )
    return {} if mistake_seeds else mistakes


def _threads(training: Training, name: str, jobs: int) -> int:
    """The threads of every run: the profile's or, where it leaves that open, what the smallest share of the processors has."""
    profile = training.profile(name)
    assert profile is not None
    return profile.threads or max(1, min(len(share) for share in shares(jobs)))


def recalculate(
    assignment: Assignment, *, only: Sequence[str] = (), on_note: Callable[[str], None] = lambda sentence: None
) -> dict[str, dict[str, Calibrated]]:
    """Bring what `calibration.json` tells of thresholds up to today's, from the runs in it; returns what is so by now.

    `on_note` hears of what cannot be, as it was measured with other work. Raises AssignmentError for a file that cannot be read, and
    UsageError where nothing is calibrated, or there is no such training.
    """
    _demand_trainings(assignment, only, assignment.training)
    current: dict[str, dict[str, Calibrated]] = defaultdict(dict)

    def change(before: Calibration) -> Calibration:
        after = {name: dict(profiles) for name, profiles in before.trainings.items()}
        for training in assignment.training:
            for name, measured in before.trainings.get(training.id, {}).items():
                profile = training.profile(name) if name in PROFILES else None
                if profile is None or (only and training.id not in only):
                    continue
                changes = changes_of(assignment, training, name, measured)
                if changes or len(measured.reference) < 2:
                    why = f"changed since: {changes}" if changes else "measured in fewer than 2 runs"
                    on_note(
                        f"{training.id} on {name} stays as it is ({why}): run `grader calibrate {assignment.name} --profile {name}`."
                    )
                    continue
                current[training.id][name] = after[training.id][name] = with_chances(measured, profile)
        return Calibration(SCHEMA, after)

    update_calibration(assignment, change)
    if not current:
        on_cpu = any(training.cpu for training in assignment.training if not only or training.id in only)
        how = "`" if on_cpu else " --profile cuda` where there is a GPU"
        raise UsageError(f"{assignment.name} has no runs to calculate chances from: run `grader calibrate {assignment.name}{how}.")
    return dict(current)


def _calibrated(
    training: Training,
    work: Work,
    runs: dict[str, list[Measured]],
    kept: dict[str, tuple[Measured, ...]],
    setup: Setup,
    machine: dict[str, str | int],
) -> Calibrated:
    profile = training.profile(setup.device)
    assert profile is not None
    by_seed = {mistake: tuple(sorted(made, key=lambda run: run.seed)) for mistake, made in runs.items()}
    calibrated = Calibrated(
        machine=machine,
        profile=profile,
        work=work,
        data=setup.cuts[training.id].digest,
        reference=by_seed.pop("", ()),
        mistakes=kept | by_seed,
        note=setup.cuts[training.id].note,
    )
    return with_chances(calibrated, profile)
