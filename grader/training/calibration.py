"""`reference/NAME/calibration.json`: how the reference's trainings, and the known mistakes', came out on a machine."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

from grader.errors import AssignmentError, GraderError
from grader.homework.assignment import CALIBRATION_FILE, Assignment
from grader.homework.mistakes import load_mistakes
from grader.homework.training_table import PROFILES, Profile, Training
from grader.storage import write_atomically
from grader.training.chance import ACCEPTED, FEWEST_RUNS, false_fail
from grader.training.verdict import score_of
from grader.training.work import Work, work_of

__all__ = [
    "Calibrated",
    "Calibration",
    "Measured",
    "changes_of",
    "demand_writable",
    "describe_machine",
    "gaps_of",
    "is_measured",
    "known_calibration",
    "problems_of",
    "questions_with_mistakes",
    "read_calibration",
    "update_calibration",
    "with_chances",
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
    work: Work
    data: str  # the digest of the cut
    reference: tuple[Measured, ...]
    mistakes: dict[str, tuple[Measured, ...]] = {}
    false_fail: dict[str, float] = {}  # by score, for the thresholds in `profile`
    note: str = ""  # where the images are not the original

    def scores(self, score: str) -> list[float]:
        """The reference's scores."""
        return [score_of(score, run.accuracy) for run in self.reference]

    @property
    def seconds(self) -> float:
        """What a run of the reference takes, on average."""
        return sum(run.seconds for run in self.reference) / len(self.reference)


class _Version(msgspec.Struct, frozen=True):
    """What every schema of the file begins with."""

    schema: int


class Calibration(_Version, frozen=True):
    """The file: training -> profile -> what was measured."""

    trainings: dict[str, dict[str, Calibrated]]


def read_calibration(assignment: Assignment) -> Calibration:
    """What is known; nothing where there is no file. Raises AssignmentError for one that cannot be read."""
    path = _path(assignment)
    _demand_not_newer(path)
    found = _read(path)
    if isinstance(found, str):
        raise AssignmentError(f"{path} cannot be read ({found}): make it anew with `grader calibrate {assignment.name}`.")
    return found


def known_calibration(assignment: Assignment, on_unreadable: Callable[[str], None] = lambda sentence: None) -> Calibration:
    """What is known; nothing where there is no file, or one that cannot be read, of which `on_unreadable` hears."""
    path = _path(assignment)
    found = _read(path)
    if isinstance(found, str):
        on_unreadable(f"{path} cannot be read ({found}): it is made anew, and what stood in it is lost.")
        return Calibration(SCHEMA, {})
    return found


def _read(path: Path) -> Calibration | str:
    """What stands in the file, or why it cannot be read."""
    try:
        data = path.read_bytes()
        schema = msgspec.json.decode(data, type=_Version).schema
        return msgspec.json.decode(data, type=Calibration) if schema == SCHEMA else f"expected schema {SCHEMA}, found {schema}"
    except FileNotFoundError:
        return Calibration(SCHEMA, {})
    except (OSError, ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors, and so is text that is not UTF-8
        return str(error)


def _demand_not_newer(path: Path) -> None:
    """Raises AssignmentError for a file that a newer grader wrote: it is whole, and this one must not write over it."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        schema = msgspec.json.decode(path.read_bytes(), type=_Version).schema
        if schema > SCHEMA:
            raise AssignmentError(f"{path} cannot be read: expected schema {SCHEMA}, found {schema}: a newer grader is needed.")


def demand_writable(assignment: Assignment) -> None:
    """Find out before hours of training whether the file can, and may, be written after them. Raises GraderError if not."""
    path = _path(assignment)
    _demand_not_newer(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with tempfile.NamedTemporaryFile(prefix=".", suffix=".tmp", dir=path.parent):
            pass
    except OSError as error:
        raise GraderError(f"{path} cannot be written ({error.strerror}): check that its folder is there and writable.") from error


def update_calibration(assignment: Assignment, change: Callable[[Calibration], Calibration], *, anew: bool = False) -> None:
    """Write the file as `change` makes it of what stands there by now, while every other process that does so waits.

    A file that cannot be read counts as none with `anew`, and raises AssignmentError without, and where a newer grader wrote it. One that
    stays the same is not written.
    """
    with _alone(_path(assignment).parent):
        _demand_not_newer(_path(assignment))
        before = known_calibration(assignment) if anew else read_calibration(assignment)
        after = change(before)
        if after != before or anew:
            write_calibration(assignment, after)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: the file itself is replaced, and a file just for the lock would be left in the course."""
    if os.name == "nt":  # no flock there
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_calibration(assignment: Assignment, calibration: Calibration) -> Path:
    """Write the file."""
    path = _path(assignment)
    write_atomically(path, msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
    return path


def _path(assignment: Assignment) -> Path:
    if assignment.reference is None:
        raise AssignmentError(f"{assignment.name} has no reference, and so nothing to calibrate by.")
    return assignment.reference / CALIBRATION_FILE


def with_chances(measured: Calibrated, profile: Profile) -> Calibrated:
    """The same runs, judged by this profile's thresholds, margin and reruns; scores that no run has are left out."""
    judged_by = msgspec.structs.replace(
        measured.profile, thresholds=profile.thresholds, margin=profile.margin, reruns=profile.reruns
    )
    chances = {
        score: round(false_fail(measured.scores(score), threshold, judged_by), 6)
        for score, threshold in profile.thresholds.items()
        if is_measured(score, *measured.reference)
    }
    return msgspec.structs.replace(measured, profile=judged_by, false_fail=chances)


def is_measured(score: str, *runs: Measured) -> bool:
    """Whether each of the runs has what the score is made of."""
    return all(set(score.split("-")) <= set(run.accuracy) for run in runs)


def problems_of(assignment: Assignment, devices: Sequence[str] = PROFILES) -> Iterator[str]:
    """What is wrong with the thresholds: not calibrated, or a right solution may well miss them, or the file is of other thresholds.

    What only runs can mend (`gaps_of`) is asked of these devices; the rest can be mended on every machine, and is asked of all profiles.
    """
    for device, what, training, measured in _calibrations(assignment):
        gaps = list(_gaps(assignment, device, what, training, measured))
        yield from gaps if device in devices else ()
        profile = training.profile(device)
        if measured is None or profile is None:
            continue
        if not changes_of(assignment, training, device, measured) and len(measured.reference) >= FEWEST_RUNS:
            today = with_chances(measured, profile)
            yield from _risks(what, today)
            if not _same_chances(measured, today):
                yield f"{what}: {CALIBRATION_FILE} has the chances of other thresholds: run `grader calibrate {assignment.name} --chances`."


def gaps_of(assignment: Assignment, devices: Sequence[str]) -> Iterator[str]:
    """What only runs on these devices can mend: not calibrated, calibrated for something else, or with too few runs."""
    for device, what, training, measured in _calibrations(assignment):
        if device in devices:
            yield from _gaps(assignment, device, what, training, measured)


def _calibrations(assignment: Assignment) -> Iterator[tuple[str, str, Training, Calibrated | None]]:
    """Every profile of every training: its device, what messages call it, the training, and what was measured with it."""
    known = read_calibration(assignment).trainings if assignment.training else {}
    for training in assignment.training:
        for device in PROFILES:
            if training.profile(device) is not None:
                what = f"the training {training.id} on {device}"
                yield device, what, training, known.get(training.id, {}).get(device)


def _gaps(assignment: Assignment, device: str, what: str, training: Training, measured: Calibrated | None) -> Iterator[str]:
    again = f"run `grader calibrate {assignment.name} --profile {device}`"
    profile = training.profile(device)
    assert profile is not None
    if measured is None:
        yield f"{what} is not calibrated: {again}."
    elif changes := changes_of(assignment, training, device, measured):
        yield f"{what} has changed since it was calibrated ({changes}): {again}."
    elif len(measured.reference) < FEWEST_RUNS:
        count = len(measured.reference)
        yield f"{what} is calibrated with {count} runs: expected at least {FEWEST_RUNS}: {again}."
    else:
        for score in profile.thresholds:
            if not is_measured(score, *measured.reference):
                yield f"{what}: the threshold of {score} is not calibrated: {again}."


def _risks(what: str, today: Calibrated) -> Iterator[str]:
    for score, chance in today.false_fail.items():
        if chance > ACCEPTED:
            yield (
                f"{what}: a right solution misses the threshold {today.profile.thresholds[score]:g} of {score} in "
                f"{1000 * chance:.1f} of 1,000 gradings: expected at most {1000 * ACCEPTED:g}: lower it."
            )


def _same_chances(stored: Calibrated, today: Calibrated) -> bool:
    """Whether the file tells what is true today; chances as far as another version of numpy, which draws otherwise, tells the same."""
    return (
        stored.profile == today.profile
        and stored.false_fail.keys() == today.false_fail.keys()
        and all(
            math.isclose(chance, today.false_fail[score], rel_tol=0.1, abs_tol=0.0003)
            for score, chance in stored.false_fail.items()
        )
    )


def questions_with_mistakes(assignment: Assignment, training: Training) -> set[str]:
    """The questions whose known mistakes a training is measured by: its own or, where that has none, those that ask for the same names."""
    own = assignment.question(training.question)
    if any(mistake.question == own.id for mistake in load_mistakes(assignment)):
        return {own.id}
    return {question.id for question in assignment.questions if set(question.names) & set(own.names)}


def changes_of(assignment: Assignment, training: Training, device: str, measured: Calibrated) -> str:
    """In which respects today's runs are other ones than those measured, in words; empty for none. Thresholds and limits may differ."""
    before, now = measured.profile, training.profile(device)
    assert now is not None
    work = work_of(assignment, training)
    changes = {
        name: getattr(before, field) != getattr(now, field)
        for field, name in (
            ("train", "training images"), ("test", "test images"), ("held_out", "images held out"), ("epochs", "epochs"), ("batch", "batch")
        )
    }  # fmt: skip
    changes["data set"] = measured.work.data != work.data
    changes["pixels"] = measured.work.pixels != work.pixels
    changes["code that is trained"] = measured.work.code != work.code
    return ", ".join(name for name, changed in changes.items() if changed)


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
