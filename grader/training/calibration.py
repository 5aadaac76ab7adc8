"""`reference/NAME/calibration.json`: how the reference's trainings, and the known mistakes', came out on a machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from grader.errors import AssignmentError
from grader.homework.assignment import CALIBRATION_FILE, Assignment
from grader.homework.mistakes import load_mistakes
from grader.homework.training_table import PROFILES, Profile, Training
from grader.storage import write_atomically
from grader.training.chance import ACCEPTED, FEWEST_RUNS, false_fail
from grader.training.verdict import score_of

__all__ = [
    "Calibrated",
    "Calibration",
    "Measured",
    "describe_machine",
    "problems_of",
    "questions_with_mistakes",
    "read_calibration",
    "write_calibration",
]

SCHEMA = 1


class Measured(msgspec.Struct, frozen=True):
    """One run: its seed, what it reached, and the seconds that it took. `ended`: how, if not by itself."""

    seed: int
    accuracy: dict[str, float]
    seconds: float
    ended: str = ""


class Calibrated(msgspec.Struct, frozen=True):
    """One training with one profile, as it was measured; `profile` is what stood in assignment.toml."""

    machine: dict[str, str | int]
    profile: Profile
    data: str  # the digest of the cut
    reference: tuple[Measured, ...]
    mistakes: dict[str, tuple[Measured, ...]] = {}
    false_fail: dict[str, float] = {}  # by score, for the thresholds of then
    note: str = ""  # where the images are not the original

    def scores(self, score: str) -> list[float]:
        """The reference's scores."""
        return [score_of(score, run.accuracy) for run in self.reference]

    @property
    def seconds(self) -> float:
        """What a run of the reference takes, on average."""
        return sum(run.seconds for run in self.reference) / len(self.reference)


class Calibration(msgspec.Struct, frozen=True):
    """The file: training -> profile -> what was measured."""

    schema: int
    trainings: dict[str, dict[str, Calibrated]]


def read_calibration(assignment: Assignment) -> Calibration:
    """What is known; nothing where there is no file. Raises AssignmentError for one that cannot be read."""
    path = _path(assignment)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Calibration)
    except FileNotFoundError:
        return Calibration(SCHEMA, {})
    except (OSError, msgspec.MsgspecError) as error:
        raise AssignmentError(
            f"{path} cannot be read ({error}): make it anew with `grader calibrate {assignment.name}`."
        ) from error
    return found


def write_calibration(assignment: Assignment, calibration: Calibration) -> Path:
    """Write the file."""
    path = _path(assignment)
    write_atomically(path, msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
    return path


def _path(assignment: Assignment) -> Path:
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference, and so nothing to calibrate by.")
    return assignment.reference / CALIBRATION_FILE


def problems_of(assignment: Assignment, profiles: Sequence[str] = PROFILES) -> Iterator[str]:
    """What is wrong with the thresholds: not calibrated, calibrated for something else, or a right solution may well miss them."""
    if not assignment.training:
        return
    known = read_calibration(assignment).trainings
    for training in assignment.training:
        for name in profiles:
            profile = training.profile(name)
            if profile is None:
                continue
            what = f"the training {training.id} on {name}"
            again = f"run `grader calibrate {assignment.name} --profile {name}`"
            measured = known.get(training.id, {}).get(name)
            if measured is None:
                yield f"{what} is not calibrated: {again}."
            elif not _same_work(measured.profile, profile):
                yield f"{what} is calibrated for another profile (images, epochs or batch have changed): {again}."
            elif len(measured.reference) < FEWEST_RUNS:
                count = len(measured.reference)
                yield f"{what} is calibrated with {count} runs: expected at least {FEWEST_RUNS}: {again}."
            else:
                yield from _risks(what, measured, profile.thresholds, profile)


def _risks(what: str, measured: Calibrated, thresholds: Mapping[str, float], profile: Profile) -> Iterator[str]:
    for score, threshold in thresholds.items():
        if not set(score.split("-")) <= set(measured.reference[0].accuracy):
            yield f"{what}: the threshold of {score} is not calibrated."
            continue
        chance = false_fail(measured.scores(score), threshold, profile)
        if chance > ACCEPTED:
            yield (
                f"{what}: a right solution misses the threshold {threshold:g} of {score} in {1000 * chance:.1f} of 1,000 gradings: "
                f"expected at most {1000 * ACCEPTED:g}: lower it."
            )


def questions_with_mistakes(assignment: Assignment, training: Training) -> set[str]:
    """The questions whose known mistakes a training is measured by: its own or, where that has none, those that ask for the same names."""
    own = assignment.question(training.question)
    if any(mistake.question == own.id for mistake in load_mistakes(assignment)):
        return {own.id}
    return {question.id for question in assignment.questions if set(question.names) & set(own.names)}


def _same_work(before: Profile, now: Profile) -> bool:
    """Whether two profiles train and score the same; thresholds and limits may differ."""
    return all(getattr(before, field) == getattr(now, field) for field in ("train", "test", "held_out", "epochs", "batch"))


def describe_machine(threads: int, gpu: str = "") -> dict[str, str | int]:
    """What the figures depend on, as far as the system tells. `gpu`: its name, where it was trained on one."""
    return {
        **({"gpu": gpu} if gpu else {}),
        "processor": _processor(),
        "processors": os.cpu_count() or 1,
        "threads": threads,
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
