"""What this machine offers: torch, devices, the isolation layers that hold, data sets. Found out by trying, not by asking."""

from __future__ import annotations

import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from grader.datasets.known import KNOWN
from grader.datasets.store import enter_store, find_data, read_about
from grader.errors import GraderError, MachineLacks
from grader.homework.assignment import Assignment, Limits, Question
from grader.intake.submission import Module, Submission
from grader.messages import Unit
from grader.opening import cores, open_session, running_zygote, try_gpu
from grader.sandbox.gpus import gpus_here
from grader.sandbox.plan import Gpu, GpuFound, Layer

__all__ = ["Finding", "examine"]

Status = Literal["yes", "no", "partly"]
_LAYERS = {
    Layer.NAMESPACES: "no network, own process ids, a root in which the course does not exist",
    Layer.LANDLOCK: "files outside the scratch folder cannot be written",
    Layer.SECCOMP: "system calls that homework does not need are refused",
    Layer.LIMITS: "memory, processes, files",
    Layer.SESSION: "whatever it started ends with it",
}


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked for."""

    topic: str
    name: str
    status: Status
    detail: str


def examine() -> list[Finding]:
    """Look at everything; takes the seconds that importing torch takes."""
    return [*_software(), *_devices(), *_isolation(), *_data()]


def _software() -> list[Finding]:
    found = [
        Finding("software", "python", "yes", platform.python_version()),
        Finding("software", "processors", "yes", str(cores())),
    ]
    for name in ("torch", "torchvision"):
        try:
            found.append(Finding("software", name, "yes", version(name)))
        except PackageNotFoundError:
            found.append(Finding("software", name, "no", f"not installed: pip install {name}"))
    return found


def _devices() -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    there = gpus_here()
    if not there:
        return [Finding("devices", "cuda", "no", "no GPU is here; CPU profiles are used")]
    return [_as_finding(gpu, try_gpu(gpu)) for gpu in there]


def _as_finding(gpu: Gpu, found: GpuFound) -> Finding:
    """Whether a student's process computed something on it, behind its walls."""
    if found.problem:
        return Finding("devices", gpu.name, "no", f"it is here, but not to be used from inside the walls: {found.problem}")
    return Finding("devices", gpu.name, "yes", f"{found.model}, {found.total_mb:,} MB; computes inside the walls")


def _isolation() -> list[Finding]:
    """Start a student's process and see which layers it says it is in."""
    question = Question(id="Q1", title="probe", points=1, file="probe.py", names=("probe",))
    nothing = Assignment(
        schema=1,
        name="doctor",
        title="doctor",
        files=("probe.py",),
        limits=Limits(),
        questions=(question,),
        folder=Path("/nonexistent/doctor"),
    )
    submission = Submission("doctor", "", {}, (Module("probe", "probe.py", (Unit("probe.py", "probe = 1"),)),))
    try:
        with running_zygote(nothing, lock_in=True) as zygote:
            problem = zygote.wait_ready().problem
            session = open_session(zygote, submission, nothing, demand_lock=False)
            session.close()
    except GraderError as error:
        return [Finding("isolation", "student's process", "no", str(error))]
    reasons = dict(reason.split(": ", 1) for reason in session.missing)
    if problem:
        reasons[Layer.NAMESPACES] = problem
    return [
        Finding(
            "isolation",
            layer,
            "yes" if layer in session.layers else "no",
            meaning if layer in session.layers else reasons.get(layer, meaning),
        )
        for layer, meaning in _LAYERS.items()
    ]


def _data() -> list[Finding]:
    try:
        enter_store()
    except MachineLacks as error:
        return [Finding("data sets", "folder", "no", str(error))]
    return [_data_finding(name) for name in KNOWN]


def _data_finding(name: str) -> Finding:
    try:
        there = find_data(name, prepare=False)
        about = read_about(there) if there is not None else None
    except MachineLacks as error:
        return Finding("data sets", name, "no", str(error))
    if there is None:
        return Finding("data sets", name, "no", f"not here: grader data fetch {name}")
    if about is not None and not about.original:
        return Finding("data sets", name, "partly", f"{there} (not the original)")
    return Finding("data sets", name, "yes", str(there))
