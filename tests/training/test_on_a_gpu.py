"""Trainings on a GPU, as far as a machine without one can tell: zygotes whose workers take it that CUDA started, and train on the CPU."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import grader.sandbox.client as client_module
from grader import opening
from grader.authors.reference_time import time_reference
from grader.classroom.grading import grade_class
from grader.errors import MachineLacks, StudentStopped, UsageError
from grader.homework.assignment import Assignment, load_assignment
from grader.messages import Report
from grader.outcomes import Fault, Outcome
from grader.sandbox.plan import Gpu, GpuFound
from grader.training import gpu_use
from grader.training.gpu_use import GpuUse
from grader.training.setup import Setup, choose_device, prepare

from .conftest import REFERENCE, make_course, register, results

NODE = "/dev/tty"
PROFILES = """
[training.cuda]
train = 400
held_out = 50
test = 100
epochs = 2
batch = 20
seconds = 3
memory_mb = 700
thresholds = { net = 80 }
"""
LOOKS = """
import os

sees = os.path.exists("/dev/tty"), os.environ.get("CUDA_VISIBLE_DEVICES")


def train(net, loader, held_out, epochs):
    print("before it went wrong")
    raise ValueError(f"in a training: {sees}")
"""
CLASS = {
    "right": REFERENCE,
    # the process for checks is asked after the training, where the check goes on: it never saw a GPU
    "looks": REFERENCE + LOOKS,
    "slow": REFERENCE
    + """
import time


class Net(Net):
    def forward(self, x):
        time.sleep(0.2)
        return super().forward(x)
""",
    "greedy": REFERENCE
    + """
def make_run():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 900.00 GiB.")
""",
    "reckless": REFERENCE
    + """
def make_run():
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def train(net, loader, held_out, epochs):
    raise RuntimeError("CUDA error: device-side assert triggered")
""",
}


def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen
    stand_in = str(Path(__file__).with_name("pretended_gpu.py"))

    def popen(command: list[str], **options: Any) -> Any:
        if "grader.sandbox.zygote" not in command:
            return start(command, **options)
        return start([command[0], stand_in, command[-1]], **options)

    monkeypatch.setattr(client_module, "subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": popen}))


def with_gpu_profiles(folder: Path) -> Assignment:
    assignment = make_course(folder)
    file = assignment.folder / "assignment.toml"
    own = '\n[[training]]\nid = "own"'
    text = file.read_text(encoding="utf-8").replace(own, PROFILES + own)
    file.write_text(text + PROFILES, encoding="utf-8")
    return load_assignment("learning", folder / "course")


def setup_for(assignment: Assignment, count: int) -> Setup:
    setup = prepare(assignment, device="cpu")
    assert setup is not None
    gpus = tuple(Gpu(f"cuda:{i}", (NODE,), f"GPU-{i}") for i in range(count))
    return msgspec.structs.replace(setup, device="cuda", gpus=gpus, model="Pretended")


def graded_on(gpus: int, jobs: int, assignment: Assignment, sources: dict[str, str]) -> dict[str, Report]:
    course = assignment.folder.parent.parent
    for name, source in sources.items():
        (course / "class" / name).mkdir(parents=True)
        (course / "class" / name / "work.py").write_text(source, encoding="utf-8")
    setup = setup_for(assignment, gpus)
    grades = grade_class(assignment, [course / "class"], course / "out", jobs=jobs, training=setup)
    return {report.submission.id: report for report in grades.reports}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The class, graded once, by two jobs that have one GPU."""
    folder = tmp_path_factory.mktemp("gpu")
    with pytest.MonkeyPatch.context() as patch:
        register(folder, patch)
        pretend(patch)
        return graded_on(1, 2, with_gpu_profiles(folder), CLASS)


@pytest.mark.sandbox
def test_a_training_runs_in_a_process_with_the_gpu(reports: dict[str, Report]) -> None:
    """It has all points, and its report says what it ran on."""
    report = reports["right"]
    assert (report.score, report.not_graded) == (10, 0)
    assert report.environment.device == "cuda"
    assert "trained on Pretended" in report.notes
    (run,) = results(report)["test_net_learns"].training
    assert (run.device, run.steps, run.ended) == ("cuda", 40, "")
    assert run.accuracy["net"] >= 80


@pytest.mark.sandbox
def test_it_sees_its_own_gpu_alone(reports: dict[str, Report]) -> None:
    """In the training the device is there; nothing else is visible to CUDA."""
    check = results(reports["looks"])["test_loop_trains"]
    assert check.outcome is Outcome.ERROR
    assert "in a training: (True, 'GPU-0')" in check.message
    assert "before it went wrong" in check.staff_message


@pytest.mark.sandbox
def test_the_time_limit_is_by_the_clock(reports: dict[str, Report]) -> None:
    """A network that waits uses no processor time, and is out of time all the same; the report says how far it came."""
    check = results(reports["slow"])["test_net_learns"]
    assert check.outcome is Outcome.TIMEOUT
    assert "training took longer than 3 s; it came to step" in check.message
    (run,) = check.training
    assert run.ended == "timeout"
    assert 0 < run.steps < 40
    assert 3 <= run.seconds < 8


@pytest.mark.sandbox
def test_the_gpus_memory_is_told_from_the_machines(reports: dict[str, Report]) -> None:
    """Out of memory, and whose."""
    check = results(reports["greedy"])["test_net_learns"]
    assert check.outcome is Outcome.OUT_OF_MEMORY
    assert "the GPU's memory is used up" in check.message


@pytest.mark.sandbox
def test_a_gpu_that_fails_at_the_time_is_the_machines_fault(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checks that train are not graded; the others are."""
    assignment = with_gpu_profiles(tmp_path)
    report = graded_on(1, 1, assignment, {"right": REFERENCE})["right"]  # no pretence: CUDA does not start here
    for check in results(report).values():
        assert (check.outcome, check.fault) == (Outcome.NOT_GRADED, Fault.MACHINE)
        assert "no GPU can be used from inside the walls: cuda:0" in check.message
    assert report.score == 0
    assert report.not_graded == 10


@pytest.mark.sandbox
def test_the_reference_is_timed_on_the_gpu(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is a multiple of the reference's time is one of its time by the clock there, remembered for that GPU."""
    assignment = with_gpu_profiles(tmp_path)
    file = assignment.folder / "assignment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("seconds = 3\n", "times_reference = 5\n"), encoding="utf-8")
    assignment = load_assignment("learning", tmp_path / "course")
    pretend(monkeypatch)
    began: list[int] = []
    setups = [time_reference(assignment, setup_for(assignment, 1), on_begin=lambda: began.append(1)) for _ in range(2)]
    assert began == [1]
    assert setups[0] is not None
    assert set(setups[0].reference_seconds) == {"given", "own"}
    other = msgspec.structs.replace(setup_for(assignment, 1), model="Another")
    time_reference(assignment, other, on_begin=lambda: began.append(2))
    assert began == [1, 2]


@pytest.mark.sandbox
def test_a_gpu_that_fails_while_the_reference_is_timed_is_the_machines_fault(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its trial and the first run: the trainings are not graded, what the rest of a submission is worth is; nothing is kept."""
    assignment = with_gpu_profiles(tmp_path)
    file = assignment.folder / "assignment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("seconds = 3\n", "times_reference = 5\n"), encoding="utf-8")
    assignment = load_assignment("learning", tmp_path / "course")
    for _ in range(2):
        setup = time_reference(assignment, setup_for(assignment, 1))  # no pretence: CUDA does not start here
        assert setup is not None
        assert setup.reference_seconds == {}
        assert set(setup.lacking) == {"given", "own"}
        assert all("no GPU can be used from inside the walls: cuda:0" in reason for reason in setup.lacking.values())


MADE_TWICE = "this run was made twice: the first time, the GPU failed (RuntimeError: CUDA error: "


@pytest.mark.sandbox
def test_code_that_fails_on_a_gpu_twice_is_what_fails(reports: dict[str, Report]) -> None:
    """The student's error, with a remark; an index out of range is that at once."""
    checks = results(reports["reckless"])
    for name, text, remarks in (("test_net_learns", "an illegal memory access", 1), ("test_loop_trains", "device-side assert", 0)):
        assert checks[name].outcome is Outcome.ERROR
        assert f"CUDA error: {text}" in checks[name].message
        (run,) = checks[name].training
        assert [note.startswith(MADE_TWICE) for note in run.notes] == [True] * remarks


# --- which device -----------------------------------------------------------------------------------------------------------------

GPUS = (Gpu("cuda:0", (NODE,)), Gpu("cuda:1", (NODE,)))
BROKEN = "RuntimeError: Found no NVIDIA driver on your system."


def trial(working: set[str]) -> Callable[[Gpu], GpuFound]:
    return lambda gpu: GpuFound("", "Model", 1, 1) if gpu.name in working else GpuFound(BROKEN)


def test_a_gpu_is_used_only_after_a_trial() -> None:
    """`auto` takes the GPUs from the first on that works; where none does, the CPU, and the reason is kept for the reports."""
    assert choose_device("auto", gpus=GPUS, trial=trial({"cuda:0", "cuda:1"})).gpus == GPUS
    chosen = choose_device("auto", gpus=GPUS, trial=trial({"cuda:1"}))
    assert (chosen.device, chosen.gpus, chosen.model) == ("cuda", GPUS[1:], "Model")
    chosen = choose_device("auto", gpus=GPUS, trial=trial(set()))
    assert (chosen.device, chosen.gpus) == ("cpu", ())
    assert BROKEN in chosen.because


def test_a_gpu_that_is_asked_for_and_cannot_be_used_is_refused_in_a_sentence() -> None:
    """It says why, and what to do instead."""
    with pytest.raises(UsageError, match=r"--device cuda: this machine's GPU cannot be used from inside the walls .*--device cpu"):
        choose_device("cuda", gpus=GPUS, trial=trial(set()))
    with pytest.raises(UsageError, match="no GPU that may be used"):
        choose_device("cuda", gpus=())


def test_without_a_gpu_nothing_is_tried() -> None:
    """A machine without one pays nothing."""

    def never(gpu: Gpu) -> GpuFound:
        raise AssertionError(gpu)

    assert choose_device("auto", gpus=(), trial=never).device == "cpu"
    assert choose_device("cpu", gpus=GPUS, trial=never).device == "cpu"


def test_why_it_is_the_cpu_stands_in_every_report(data_folder: Path, learning: Assignment) -> None:
    """The machine's fault, told."""
    setup = prepare(learning, device="cpu")
    assert setup is not None
    setup = msgspec.structs.replace(setup, on_the_cpu_because="this machine's GPU is broken")
    assert "trained on the CPU: this machine's GPU is broken" in setup.notes


# --- one training a GPU -----------------------------------------------------------------------------------------------------------


class FakeSession:
    """What `on_a_gpu` gives, of a client's."""

    def __init__(self, client: Any, log: list[str]) -> None:
        self.client, self.log = client, log

    def close(self, *, wait: bool = False) -> None:
        assert wait
        self.log.append(f"{self.client.gpu.name} closed")

    def go_on(self) -> None:
        self.log.append("goes on")


def fake_zygote(folder: Path, count: int) -> Any:
    return SimpleNamespace(
        trainers=tuple(SimpleNamespace(gpu=Gpu(f"cuda:{i}", ()), lock=str(folder / f"lock{i}")) for i in range(count))
    )


def test_jobs_train_on_different_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first that is free; who finds none waits until one is, and the waiting check's time is given back to it."""
    log: list[str] = []
    monkeypatch.setattr(opening, "open_session", lambda client, *_, **__: FakeSession(client, log))
    zygote: Any = fake_zygote(tmp_path, 2)

    def place() -> Any:
        return opening.on_a_gpu(zygote, None, None, FakeSession(None, log), 0, demand_lock=True)  # type: ignore[arg-type]

    got: list[tuple[str, float]] = []

    def third() -> None:
        began = time.monotonic()
        with place() as session:
            got.append((session.client.gpu.name, time.monotonic() - began))

    job = threading.Thread(target=third)
    with place() as one:
        with place() as another:
            assert (one.client.gpu.name, another.client.gpu.name) == ("cuda:0", "cuda:1")
            job.start()
            time.sleep(0.6)
            assert got == []
        job.join(10)
    assert [name for name, _ in got] == ["cuda:1"]
    assert got[0][1] >= 0.5
    assert log == ["cuda:1 closed", "goes on", "cuda:1 closed", "goes on", "cuda:0 closed", "goes on"]
    with open(zygote.trainers[0].lock) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # free again


def test_a_gpu_that_fails_makes_way_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And when all have failed, each is named with its reason."""

    def open_one(client: Any, *_: object, **__: object) -> FakeSession:
        if client.gpu.name == "cuda:0":
            raise MachineLacks("it fell off the bus")
        if client.gpu.name == "cuda:1":
            raise StudentStopped(Outcome.CRASHED, "a segmentation fault")
        return FakeSession(client, [])

    monkeypatch.setattr(opening, "open_session", open_one)
    waiting: Any = FakeSession(None, [])
    with opening.on_a_gpu(fake_zygote(tmp_path, 3), None, None, waiting, 0, demand_lock=True) as session:  # type: ignore[arg-type]
        assert session.client.gpu.name == "cuda:2"  # type: ignore[attr-defined]
    broken = opening.on_a_gpu(fake_zygote(tmp_path, 2), None, None, waiting, 0, demand_lock=True)  # type: ignore[arg-type]
    with pytest.raises(MachineLacks, match="cuda:0: it fell off the bus; cuda:1: a segmentation fault"), broken:
        pass


# --- memory, seen from outside ----------------------------------------------------------------------------------------------------


def fake_driver(folder: Path, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{told}\nEND\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(gpu_use, "_LOOK_SECONDS", 0.02)


def seen_within(use: GpuUse, seconds: float = 5.0) -> int:
    deadline = time.monotonic() + seconds
    while not use.gpu_mb and time.monotonic() < deadline:
        time.sleep(0.02)
    return use.gpu_mb


def test_the_driver_says_what_a_process_has_of_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's, on all GPUs, and nobody else's; beyond what is allowed and what CUDA itself takes, it is too much."""
    me = os.getpid()
    fake_driver(tmp_path, monkeypatch, f"{me}, 1500\n{me + 1}, 9000\n{me}, 600\n77, [N/A]")
    with GpuUse(me, gpu_limit_mb=1000, shared_limit_mb=10_000) as use:
        assert seen_within(use) == 2100
        assert use.problem() == "2,100 MB of the GPU's memory are in use, of 1,000 MB that the assignment allows"
    with GpuUse(me, gpu_limit_mb=2000, shared_limit_mb=10_000) as use:
        assert seen_within(use) == 2100
        assert use.problem() == ""  # a thousand are CUDA's own
    with GpuUse(me, gpu_limit_mb=0, shared_limit_mb=10_000) as use:
        assert seen_within(use) == 2100
        assert use.problem() == ""  # all of it is allowed


def test_a_driver_that_names_other_processes_blames_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In some containers the ids are another system's."""
    fake_driver(tmp_path, monkeypatch, "4000001, 90000")
    with GpuUse(os.getpid(), gpu_limit_mb=1, shared_limit_mb=10_000) as use:
        time.sleep(0.3)
        assert (use.gpu_mb, use.problem()) == (0, "")


def test_memory_that_could_be_shared_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a GPU, no limit of the kernel's counts it."""
    import mmap

    monkeypatch.setattr(gpu_use, "_LOOK_SECONDS", 0.02)
    block = mmap.mmap(-1, 64 << 20)
    block.write(b"x" * (64 << 20))
    with GpuUse(os.getpid(), gpu_limit_mb=0, shared_limit_mb=32) as use:
        deadline = time.monotonic() + 5
        while not use.problem() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "MB of shared memory are in use, of 32 MB" in use.problem()
    block.close()
