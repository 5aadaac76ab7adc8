"""Calibrating: the reference trained with many seeds, the known mistakes with a few, so that a threshold can lie between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from grader.authors.journal import Journal
from grader.authors.judges import ask_judges, submission_of
from grader.classroom.dispatch import shares
from grader.datasets.store import store_root
from grader.errors import AssignmentError, MachineLacks, UsageError
from grader.homework.assignment import Assignment
from grader.homework.mistakes import load_mistakes, mistaken_source
from grader.homework.training_table import Training
from grader.messages import Report
from grader.outcomes import Fault, Outcome
from grader.runner import Checks
from grader.sandbox.client import ZygoteClient
from grader.storage import write_atomically
from grader.training.calibration import (
    SCHEMA,
    Calibrated,
    Calibration,
    Measured,
    demand_writable,
    describe_machine,
    known_calibration,
    questions_with_mistakes,
    same_work,
    update_calibration,
    with_chances,
)
from grader.training.setup import Setup, prepare

__all__ = ["Task", "calibrate", "recalculate", "time_reference"]

_SEEDS = 5_000  # from here on: not those that gradings use


class Task(msgspec.Struct, frozen=True):
    """One run to make: of the reference (`mistake` is empty) or of a mistake."""

    training: str
    mistake: str
    seed: int
    sources: dict[str, str]
    threads: int = 0  # 0: as many as the job has processors


class _Answer(msgspec.Struct, frozen=True):
    measured: Measured
    lacking: str = ""  # what the machine has not, for which reason there was no run
    lost: bool = False  # a judge died over it, perhaps with the whole calibration: nothing to go on from


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
    Raises UsageError where there is no such training, GraderError where the file cannot be written, MachineLacks where data is missing,
    and AssignmentError where the reference does not come to its end.
    """
    chosen = _chosen(assignment, profile, only)
    demand_writable(assignment)
    setup = prepare(assignment, device=profile, lock_in=lock_in)
    assert setup is not None
    for training in chosen:
        if training.id in setup.lacking:
            raise MachineLacks(setup.lacking[training.id])
    known_calibration(assignment, on_note)
    tasks = list(_tasks(assignment, chosen, seeds, mistake_seeds))
    jobs = min(jobs, len(tasks))
    threads = {training.id: _threads(training, profile, jobs) for training in chosen}
    machines = {name: describe_machine(count, setup.model) for name, count in threads.items()}
    digest = assignment.digest
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

    def take(number: int, answer: _Answer) -> None:
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

    def lost(task: Task) -> _Answer:
        return _Answer(Measured(task.seed, {}, 0.0, "the grading process ended over it"), lost=True)

    if missing:
        ask_judges(assignment, missing, _begin, take, jobs=jobs, lock_in=lock_in, if_lost=lost, training=setup)
    found = {t.id: _calibrated(t, runs[t.id], setup, profile, machines[t.id]) for t in chosen}

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
    having = [training for training in assignment.training if training.profile(profile) is not None]
    if not assignment.training:
        raise UsageError(f"{assignment.name} has no training, and so nothing to calibrate.")
    if not having:
        raise UsageError(
            f"no training of {assignment.name} has the profile {profile}: expected a table [training.{profile}] in assignment.toml."
        )
    known = [training.id for training in having]
    for name in only:
        if name not in known:
            raise UsageError(
                f"{assignment.name} has no training {name} with the profile {profile}: expected one of {', '.join(known)}."
            )
    return [training for training in having if not only or training.id in only]


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
    UsageError where nothing is calibrated.
    """
    current: dict[str, dict[str, Calibrated]] = defaultdict(dict)

    def change(before: Calibration) -> Calibration:
        after = {name: dict(profiles) for name, profiles in before.trainings.items()}
        for training in assignment.training:
            for name, measured in before.trainings.get(training.id, {}).items():
                profile = training.profile(name)
                if profile is None or (only and training.id not in only):
                    continue
                if not same_work(measured.profile, profile) or len(measured.reference) < 2:
                    on_note(
                        f"{training.id} on {name} stays as it is (measured with other images, epochs or batches, or in a single run): "
                        f"run `grader calibrate {assignment.name} --profile {name}`."
                    )
                    continue
                current[training.id][name] = after[training.id][name] = with_chances(measured, profile)
        return Calibration(SCHEMA, after)

    update_calibration(assignment, change)
    if not current:
        raise UsageError(f"{assignment.name} has no runs to calculate chances from: run `grader calibrate {assignment.name}`.")
    return dict(current)


def time_reference(
    assignment: Assignment, setup: Setup | None, *, lock_in: bool = True, on_begin: Callable[[], None] = lambda: None
) -> Setup | None:
    """The setup with what the reference takes on this machine, for limits that are multiples of it. Where the machine fails, the
    training is one that it lacks something for.

    Taken from the calibration if that was made on this machine, else from an earlier run of this function, else measured now.
    """
    wanting = [
        training.id
        for training in assignment.training
        if setup is not None
        and training.id in setup.cuts
        and (p := training.profile(setup.device)) is not None
        and p.seconds is None
    ]
    if setup is None or not wanting or assignment.reference is None:
        return setup
    device = setup.device
    seconds: dict[str, float] = {}
    lacking: dict[str, str] = {}
    known = known_calibration(assignment).trainings
    machine = describe_machine(1, setup.model)
    profiles = {training.id: training.profile(device) for training in assignment.training}
    for name in wanting:
        calibrated, profile = known.get(name, {}).get(device), profiles[name]
        if calibrated is None or profile is None:
            continue
        here = all(calibrated.machine.get(part) == machine.get(part) for part in ("processor", "processors", "torch", "gpu"))
        if here and same_work(calibrated.profile, profile) and calibrated.data == setup.cuts[name].digest:
            seconds[name] = calibrated.seconds
    path = store_root() / "reference-seconds.json"
    remembered = _remembered(path)
    keys = {name: f"{setup.cuts[name].digest} {assignment.digest} {sorted(machine.items())} {device}" for name in wanting}
    seconds |= {name: remembered[keys[name]] for name in wanting if name not in seconds and keys[name] in remembered}
    missing = [name for name in wanting if name not in seconds]
    if missing:
        on_begin()
        tasks = _tasks(assignment, [t for t in assignment.training if t.id in missing], 1, 0)

        def take(number: int, answer: _Answer) -> None:
            if answer.lacking:
                lacking[tasks[number].training] = answer.lacking
                return
            if answer.measured.ended:
                raise AssignmentError(
                    f"{assignment.name}: the reference does not finish {tasks[number].training} ({answer.measured.ended})."
                )
            seconds[tasks[number].training] = answer.measured.seconds

        lost = _Answer(Measured(0, {}, 0.0, "the grading process ended over it"))
        ask_judges(assignment, tasks, _begin, take, jobs=1, lock_in=lock_in, if_lost=lambda _: lost, training=setup)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.encode(remembered | {keys[name]: seconds[name] for name in missing if name in seconds}))
    return msgspec.structs.replace(setup, reference_seconds=seconds, lacking=setup.lacking | lacking)


def _remembered(path: Path) -> dict[str, float]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.MsgspecError):
        return {}  # measured anew


def _tasks(assignment: Assignment, chosen: Sequence[Training], seeds: int, mistake_seeds: int) -> list[Task]:
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


def _begin(checks: Checks, zygote: ZygoteClient, demand_lock: bool) -> Callable[[Task], _Answer]:
    """In a judging process: what makes one run."""
    checks.grading.calibrating = True
    everything = [(item, check) for item, check in zip(checks.items, checks.checks, strict=True) if check.training]

    def answer(task: Task) -> _Answer:
        pairs = [pair for pair in everything if pair[1].training == task.training][:1]
        checks.items, checks.checks = [item for item, _ in pairs], [check for _, check in pairs]
        checks.grading.seed = task.seed
        if task.threads and checks.grading.training is not None:  # one of fewer jobs, towards the end, would have more
            checks.grading.training = msgspec.structs.replace(checks.grading.training, threads=task.threads)
        submission = submission_of(f"{task.mistake or 'reference'}-{task.seed}", task.sources)
        report = checks.grade_submission(submission, zygote, demand_lock=demand_lock)
        of_machine = (check.message for question in report.questions for check in question.checks if check.fault is Fault.MACHINE)
        return _Answer(_measured(task, report), next(of_machine, ""))

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


def _calibrated(
    training: Training, runs: dict[str, list[Measured]], setup: Setup, name: str, machine: dict[str, str | int]
) -> Calibrated:
    profile = training.profile(name)
    assert profile is not None
    by_seed = {mistake: tuple(sorted(made, key=lambda run: run.seed)) for mistake, made in runs.items()}
    calibrated = Calibrated(
        machine=machine,
        profile=profile,
        data=setup.cuts[training.id].digest,
        reference=by_seed.pop("", ()),
        mistakes=by_seed,
        note=setup.cuts[training.id].note,
    )
    return with_chances(calibrated, profile)
