"""What a run of the grader trains with: the device, the threads, and the data of each training, or why there is none."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from grader.datasets.cuts import Cut, make_cut, shipped_files
from grader.errors import AssignmentError, GraderError, UsageError
from grader.homework.assignment import CALIBRATION_FILE, Assignment
from grader.homework.training_table import Profile
from grader.sandbox.gpus import gpus_here
from grader.sandbox.plan import DATA, Gpu, GpuFound
from grader.training.calibration import Calibrated, known_calibration

__all__ = ["Chosen", "Setup", "choose_device", "devices_here", "prepare", "with_threads"]

_CUT_AT = 12  # characters of a digest that tell cuts apart
_UNMEASURED = 3600.0
_LEAST = 5.0  # seconds: what a process does once weighs too much in a shorter run


class Setup(msgspec.Struct, frozen=True):
    """Made once, before the students' processes are started; travels to every grading process."""

    device: str  # "cpu" or "cuda"
    threads: int
    cuts: dict[str, Cut]  # training -> its data
    lacking: dict[str, str]  # training -> why it cannot run on this machine
    reference_seconds: dict[str, float] = {}  # training -> what the reference takes here, where a limit depends on that
    uncalibrated: tuple[str, ...] = ()  # trainings whose threshold on this device nobody has measured: reports say so
    unreadable: bool = False  # the file that tells of that
    usual: dict[str, dict[str, float]] = {}  # training -> what the reference's best run on such a device came to, by network
    held_out: bool = False  # a student's own folder, without the test part: scored on images held out of the training part
    gpus: tuple[Gpu, ...] = ()  # on which one training each may run
    model: str = ""  # the GPU's name
    malformed: frozenset[str] = frozenset()  # of those lacking, the trainings whose author brought data along that cannot be used
    on_the_cpu_because: str = ""  # where there is a GPU that nothing can be computed on from inside the walls

    @property
    def exposed(self) -> tuple[tuple[str, str], ...]:
        """What student's processes are shown: a name below DATA, and the folder."""
        return tuple({_name(cut): cut.exposed for cut in self.cuts.values()}.items())

    def limit(self, training: str, profile: Profile) -> float:
        """Seconds of the student's own that one run may take; a long time where nobody has measured what it depends on."""
        if profile.seconds is not None:
            return profile.seconds
        measured = self.reference_seconds.get(training)
        return _UNMEASURED if measured is None else max(_LEAST, (profile.times_reference or 1.0) * measured)

    @property
    def notes(self) -> tuple[str, ...]:
        """What every report says about the data and the thresholds."""
        data = dict.fromkeys(cut.note for cut in self.cuts.values() if cut.note)
        if self.on_the_cpu_because:
            data[f"trained on the CPU: {self.on_the_cpu_because}"] = None
        if self.model:
            data[f"trained on {self.model}"] = None
        if self.unreadable:
            data[f"{CALIBRATION_FILE} cannot be read: whether the thresholds are calibrated on {self.device} is not known"] = None
        return (*data, *(f"the threshold of the training {name} is not calibrated on {self.device}" for name in self.uncalibrated))

    @property
    def key(self) -> str:
        """Tells grades apart that came about on different devices, or from different data."""
        parts = [self.device, *(f"{name} {cut.digest}" for name, cut in sorted(self.cuts.items()))]
        return hashlib.sha256("\n".join([*parts, *sorted(self.lacking)]).encode()).hexdigest()

    def images_at(self, training: str, *, own_root: bool) -> str:
        """Where a student's process finds the images of a training."""
        cut = self.cuts[training]
        return f"{DATA}/{_name(cut)}/train_images.npy" if own_root else str(Path(cut.exposed) / "train_images.npy")


def _name(cut: Cut) -> str:
    return f"{cut.name}-{cut.digest[:_CUT_AT]}"


def devices_here() -> tuple[str, ...]:
    """The profiles for which this machine has a device, whether or not it can be used."""
    return ("cpu", "cuda") if gpus_here() else ("cpu",)


class Chosen(msgspec.Struct, frozen=True):
    """What trainings run on: `cpu`, or `cuda` with the GPUs for it. `because`: why it is the CPU where there is a GPU."""

    device: str
    gpus: tuple[Gpu, ...] = ()
    model: str = ""
    because: str = ""


def choose_device(
    wanted: str,
    *,
    option: str = "--device",
    instead: str = "",
    lock_in: bool = True,
    trial: Callable[[Gpu], GpuFound] | None = None,
    gpus: tuple[Gpu, ...] | None = None,
) -> Chosen:
    """`auto` is a GPU where there is one and something can be computed on it from inside the walls, which is found out by trying.

    Raises UsageError where `cuda` is asked for, by an option of that name, and there is none or it cannot be used; it says what to do
    `instead` of taking the CPU.
    """
    instead = instead or f"use {option} cpu"
    if wanted == "cpu":
        return Chosen("cpu")
    there = gpus_here() if gpus is None else gpus
    if not there:
        if wanted == "auto":
            return Chosen("cpu")
        raise UsageError(
            f"{option} {wanted}: this machine has no GPU that may be used (/dev/nvidia*, CUDA_VISIBLE_DEVICES): {instead}."
        )
    if trial is None:
        from grader.opening import try_gpu

        trial = functools.partial(try_gpu, lock_in=lock_in)
    problems = []
    for place, gpu in enumerate(there):
        found = trial(gpu)
        if not found.problem:
            return Chosen("cuda", there[place:], found.model)
        problems.append(f"{gpu.name}: {found.problem}")
    where = " from inside the walls" if lock_in else ""
    because = f"this machine's GPU cannot be used{where} ({'; '.join(problems)})"
    if wanted == "auto":
        return Chosen("cpu", because=because)
    raise UsageError(f"{option} {wanted}: {because}: see `grader doctor`, or {instead}.")


def with_threads(setup: Setup | None, processors: tuple[int, ...]) -> Setup | None:
    """The setup of a job that has these processors to itself: a training takes one thread each."""
    return setup if setup is None else msgspec.structs.replace(setup, threads=max(1, len(processors)))


def prepare(
    assignment: Assignment, *, device: str = "auto", option: str = "--device", threads: int = 1, lock_in: bool = True
) -> Setup | None:
    """Prepare the data of all trainings of an assignment; None where it has none. What is missing is told in each check's result.

    `option`: by which the device was chosen.
    """
    if not assignment.training:
        return None
    if device == "auto" and not any(training.cuda for training in assignment.training):
        device = "cpu"
    instead = "" if any(training.cpu for training in assignment.training) else f"train {assignment.name} on a machine with one"
    choice = choose_device(device, option=option, instead=instead, lock_in=lock_in)
    chosen = choice.device
    cuts: dict[str, Cut] = {}
    lacking: dict[str, str] = {}
    malformed: set[str] = set()
    held_out = assignment.reference is None
    for training in assignment.training:
        profile = training.profile(chosen)
        if profile is None:
            why = (
                "no profile for cuda: use --device cpu" if chosen == "cuda" else "no profile for cpu: it needs a machine with a GPU"
            )
            lacking[training.id] = f"the training {training.id} has {why}"
            continue
        if held_out and not profile.held_out:
            lacking[training.id] = f"the training {training.id} holds no images out to be scored on here: your instructor runs it"
            continue
        files = shipped_files(assignment.folder, assignment.reference, training.data)
        try:
            test = 0 if held_out else profile.test
            cuts[training.id] = make_cut(training.data, profile.train + profile.held_out, test, files)
        except GraderError as error:
            lacking[training.id] = str(error)
            malformed |= {training.id} if isinstance(error, AssignmentError) else set()
    unreadable: list[str] = []  # a damaged file is for the author to mend, not for a class
    known = {} if held_out else known_calibration(assignment, unreadable.append).trainings
    asked_for = () if held_out or unreadable else cuts
    uncalibrated = tuple(name for name in asked_for if chosen not in known.get(name, {}))
    usual = {name: _best(profiles[chosen]) for name, profiles in known.items() if chosen in profiles}
    return Setup(
        chosen, threads, cuts, lacking, uncalibrated=uncalibrated, unreadable=bool(unreadable), usual=usual, held_out=held_out,
        malformed=frozenset(malformed), gpus=choice.gpus, model=choice.model, on_the_cpu_because=choice.because,
    )  # fmt: skip


def _best(measured: Calibrated) -> dict[str, float]:
    """The highest accuracy of each network in all runs of the reference."""
    networks = {name for run in measured.reference for name in run.accuracy}
    return {name: max(run.accuracy.get(name, 0.0) for run in measured.reference) for name in networks}
