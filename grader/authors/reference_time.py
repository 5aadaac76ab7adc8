"""What the reference takes on this machine, for time limits that are multiples of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from grader.authors.judges import ask_judges
from grader.authors.runs import Answer, begin_runs, tasks_of
from grader.datasets.store import store_root
from grader.homework.assignment import Assignment
from grader.storage import write_atomically
from grader.training.calibration import Measured, changes_of, describe_machine, known_calibration
from grader.training.setup import Setup

__all__ = ["time_reference"]


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
    trainings = {training.id: training for training in assignment.training}
    for name in wanting:
        calibrated = known.get(name, {}).get(device)
        if calibrated is None or not calibrated.reference:
            continue
        here = all(calibrated.machine.get(part) == machine.get(part) for part in ("processor", "processors", "torch", "gpu"))
        same_images = calibrated.data == setup.cuts[name].digest
        if here and same_images and not changes_of(assignment, trainings[name], device, calibrated):
            seconds[name] = calibrated.seconds
    path = store_root() / "reference-seconds.json"
    remembered = _remembered(path)
    keys = {name: f"{setup.cuts[name].digest} {assignment.digest} {sorted(machine.items())} {device}" for name in wanting}
    seconds |= {name: remembered[keys[name]] for name in wanting if name not in seconds and keys[name] in remembered}
    missing = [name for name in wanting if name not in seconds]
    if missing:
        on_begin()
        tasks = tasks_of(assignment, [t for t in assignment.training if t.id in missing], 1, 0)

        def take(number: int, answer: Answer) -> None:
            if answer.lacking:
                lacking[tasks[number].training] = answer.lacking
                return
            if answer.measured.ended:  # for its author to mend; a class is graded meanwhile, as far as it can be
                lacking[tasks[number].training] = (
                    f"the reference does not finish the training {tasks[number].training} ({answer.measured.ended}), and its time "
                    f"limit is a multiple of what that takes: see `grader audit {assignment.name} --train`."
                )
                return
            seconds[tasks[number].training] = answer.measured.seconds

        lost = Answer(Measured(0, {}, 0.0, "the grading process ended over it"))
        ask_judges(assignment, tasks, begin_runs, take, jobs=1, lock_in=lock_in, if_lost=lambda _: lost, training=setup)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.encode(remembered | {keys[name]: seconds[name] for name in missing if name in seconds}))
    return msgspec.structs.replace(setup, reference_seconds=seconds, lacking=setup.lacking | lacking)


def _remembered(path: Path) -> dict[str, float]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.MsgspecError):
        return {}  # measured anew
