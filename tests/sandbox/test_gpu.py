"""A GPU inside the walls, as far as a machine without one can tell: which device files, which limits, which calls, and who gets which."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import grader.sandbox.client as client_module
from grader.errors import MachineLacks, StudentStopped
from grader.messages import Begin, Call, Load, Raised, Reference, Returned, Unit
from grader.opening import try_gpu
from grader.outcomes import Outcome
from grader.sandbox import cuda, gpus
from grader.sandbox.client import ZygoteProcess
from grader.sandbox.cputime import Allowance
from grader.sandbox.failures import describe
from grader.sandbox.plan import Gpu, GpuFound, Layer, Limits, Plan, gpu_paths, readable_paths
from grader.sandbox.session import Session
from grader.wire import decode

NODE = "/dev/tty"  # a device file that every Linux has, and no student's process otherwise: there is no terminal behind it
PRETENDED = Path(__file__).parents[1] / "training" / "pretended_gpu.py"

SOURCE = r"""
import ctypes, mmap, os, resource, threading, time

def exists(path):
    return os.path.exists(path)

def name_thread():
    done = []
    def name():
        with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w") as file:
            file.write("renamed")
        done.append(open(f"/proc/self/task/{threading.get_native_id()}/comm").read().strip())
    thread = threading.Thread(target=name)
    thread.start()
    thread.join()
    return done

def change_own_score():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")

def open_for_writing(path):
    os.close(os.open(path, os.O_RDWR | os.O_NOCTTY))
    return "open"

def anonymous_file():
    return os.memfd_create("x") > 0

def limits():
    names = ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_FSIZE")
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in names}

def reserve(gigabytes):
    # what a driver does: addresses that nobody may touch yet
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    return libc.mmap(None, gigabytes << 30, 0, 0x22 | 0x4000, -1, 0) not in (None, ctypes.c_void_p(-1).value)

def fill(megabytes):
    return len(bytearray(megabytes << 20)) >> 20

def listen():
    import socket
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind("\0cuda-uvmfd-1-2")
    server.listen(1)
    return "listening"

def variables():
    return {name: value for name, value in os.environ.items() if "CUDA" in name or "NVIDIA" in name}

def wait(seconds):
    time.sleep(seconds)
    return "waited"

def pid():
    return os.getpid()

def parent():
    return os.getppid()
"""


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zygotes whose workers take it that CUDA started."""
    start = client_module.subprocess.Popen

    def popen(command: list[str], **options: object) -> object:
        module = command.index("grader.sandbox.zygote")
        return start([command[0], str(PRETENDED), *command[module + 1 :]], **options)

    monkeypatch.setattr(client_module.subprocess, "Popen", popen)


def plan_with(root: str, *, gpu: Gpu | None, lock_in: bool = True) -> Plan:
    limits = Limits(memory_mb=512, processes=24, scratch_mb=64)
    return Plan(root=root, readable=readable_paths(), limits=limits, many=False, gpu=gpu, lock_in=lock_in)


@pytest.fixture
def session(pretended: None) -> Iterator[Session]:
    """A session on a pretended GPU, the submission imported."""
    with tempfile.TemporaryDirectory() as root, ZygoteProcess(plan_with(root, gpu=Gpu("cuda:0", (NODE,), "GPU-1"))) as zygote:
        made = Session(zygote, (), (Load("work", (Unit("work.py", SOURCE),)),), 10.0, gpu_memory_mb=300)
        made.start()
        yield made
        made.close(wait=True)


def asker(session: Session) -> Callable[..., object]:
    def ask(name: str, *args: object) -> object:
        reply = session.request(Call(Reference("name", name), args))
        if isinstance(reply, Raised):
            return reply.failure.outcome, reply.failure.text
        assert isinstance(reply, Returned)
        return decode(reply.value, lambda reference: reference)

    session.begin_check(1, 20.0)
    return ask


# --- inside the walls -------------------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_a_process_with_a_gpu_has_what_cuda_needs_and_no_more(session: Session) -> None:
    """Its device file, the machine's description, its threads' names, addresses; memory, writing and the rest stay bounded."""
    assert set(session.layers) == {Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP, Layer.LIMITS, Layer.SESSION}, session.missing
    ask = asker(session)
    assert "No such device or address" in ask("open_for_writing", NODE)[1]  # asked the device itself
    assert ask("exists", "/sys/devices/system/memory") == os.path.exists("/sys/devices/system/memory")
    assert ask("exists", "/sys/bus") is True
    assert ask("exists", "/sys/fs/cgroup") is False
    assert ask("name_thread") == ["renamed"]
    assert ask("listen") == "listening"
    assert ask("anonymous_file") is True
    assert ask("reserve", 1 << 10) is True  # a terabyte of addresses
    outcome, _ = ask("fill", 4096)  # 512 MB are the student's, 2 GB the driver's libraries'
    assert outcome is Outcome.OUT_OF_MEMORY
    assert ask("fill", 256) == 256
    outcome, _ = ask("change_own_score")
    assert outcome is Outcome.FORBIDDEN
    assert ask("exists", "/dev/ptmx") is False
    limits = ask("limits")
    assert limits["RLIMIT_AS"] == -1
    assert limits["RLIMIT_FSIZE"] == 64 << 20
    assert limits["RLIMIT_NPROC"] == 24 + 64
    assert ask("variables") == {"CUDA_VISIBLE_DEVICES": "GPU-1", "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}


@pytest.mark.sandbox
def test_a_process_for_checks_sees_no_gpu(session_for: Callable[..., Session], monkeypatch: pytest.MonkeyPatch) -> None:
    """No device file, no name of a thread, no anonymous file, an empty list of devices: whatever the machine has."""
    ask = asker(session_for(SOURCE))
    assert ask("exists", NODE) is False
    assert ask("exists", "/sys/bus") is False
    assert ask("variables") == {"CUDA_VISIBLE_DEVICES": ""}
    outcome, _ = ask("anonymous_file")
    assert outcome is Outcome.FORBIDDEN
    assert ask("name_thread") == []
    assert ask("reserve", 1 << 10) is False
    assert ask("limits")["RLIMIT_AS"] > 0


@pytest.mark.sandbox
def test_checks_on_a_gpu_run_in_no_fork_and_by_the_clock(session: Session) -> None:
    """CUDA cannot be forked, and a process that waits for a GPU uses no processor."""
    ask = asker(session)
    assert ask("pid") == 1  # the process that imported the submission, itself
    session.begin_check(2, 1.0)
    began = time.monotonic()
    with pytest.raises(StudentStopped) as stopped:
        session.request(Call(Reference("name", "wait"), (30.0,)))
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert 1.0 <= time.monotonic() - began < 4.0


@pytest.mark.sandbox
@pytest.mark.skipif(bool(gpus.gpus_here()), reason="this machine has a GPU")
def test_a_gpu_that_cannot_be_used_is_told_and_is_nobodys_fault(tmp_path: Path) -> None:
    """The trial says what torch said, and a session on it is refused as the machine's lack, before any student code runs."""
    gpu = Gpu("cuda:0", (NODE,))
    assert "no NVIDIA driver" in try_gpu(gpu).problem or "not compiled with CUDA" in try_gpu(gpu).problem
    with ZygoteProcess(plan_with(str(tmp_path), gpu=gpu)) as zygote:
        session = Session(zygote, (), (Load("work", (Unit("work.py", "raise SystemExit"),)),), 10.0)
        with pytest.raises(MachineLacks):
            session.start()


@pytest.mark.sandbox
def test_the_process_that_is_forked_never_starts_cuda(tmp_path: Path) -> None:
    """Neither importing what submissions want, nor anything else that it does beforehand: its children could not use a GPU."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "import torch\n"
        "def started(*_):\n"
        "    os._exit(3)\n"
        "torch._C._cuda_getDeviceCount = torch._C._cuda_init = torch.autograd.Variable._execution_engine = started\n"
        "torch.Tensor.backward = started  # looks for GPUs\n"
        "from grader.sandbox.warmup import warm_up\n"
        "warm_up(('torchvision',), many=False, exercise=False)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(4 if torch._C._cuda_isInBadFork() else 0)\n"
        "os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(client_module.__file__).parents[2])}
    assert subprocess.run([sys.executable, str(script)], env=environment, check=False).returncode == 0


# --- on this side of them ---------------------------------------------------------------------------------------------------------


def describe_gpus(folder: Path, monkeypatch: pytest.MonkeyPatch, *minors: int) -> None:
    """A machine with these GPUs, by their device files' numbers in the order of their slots."""
    (folder / "dev").mkdir()
    for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", *(f"nvidia{minor}" for minor in minors)):
        (folder / "dev" / name).touch()
    for slot, minor in enumerate(minors):
        information = folder / "driver" / f"0000:{slot:02x}:00.0" / "information"
        information.parent.mkdir(parents=True)
        information.write_text(
            f"Model: \t\t NVIDIA Something\nIRQ:   \t\t 12\nGPU UUID: \t GPU-{slot}{slot}-x\nDevice Minor: \t {minor}\n",
            encoding="utf-8",
        )
    monkeypatch.setattr(gpus, "_DEVICES", folder / "dev")
    monkeypatch.setattr(gpus, "_DRIVER", folder / "driver")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def seen(found: tuple[Gpu, ...]) -> list[tuple[str, list[str], str]]:
    return [(gpu.name, [Path(node).name for node in gpu.nodes], gpu.visible) for gpu in found]


SHARED = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"]


def test_each_gpu_has_its_own_device_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by what the driver says of each: the file's number need not be its place."""
    describe_gpus(tmp_path, monkeypatch, 1, 0)
    assert seen(gpus.gpus_here()) == [
        ("cuda:0", [*SHARED, "nvidia1"], "GPU-00-x"),
        ("cuda:1", [*SHARED, "nvidia0"], "GPU-11-x"),
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1", [("cuda:0", "nvidia0", "GPU-11-x")]),
        ("1,0", [("cuda:0", "nvidia0", "GPU-11-x"), ("cuda:1", "nvidia1", "GPU-00-x")]),
        ("GPU-11", [("cuda:0", "nvidia0", "GPU-11-x")]),
        ("0,-1,1", [("cuda:0", "nvidia1", "GPU-00-x")]),
        ("", []),
        ("-1", []),
    ],
)
def test_cuda_visible_devices_is_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, expected: list[tuple[str, str, str]]
) -> None:
    """As CUDA reads it: numbers or ids, up to the first that is none."""
    describe_gpus(tmp_path, monkeypatch, 1, 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", asked)
    assert [(name, nodes[-1], visible) for name, nodes, visible in seen(gpus.gpus_here())] == expected


def test_what_the_driver_does_not_describe_is_chosen_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a GPU needs files of its own; without the driver's description, every GPU's file is there, and a number says which."""
    describe_gpus(tmp_path, monkeypatch, 0, 1)
    (tmp_path / "dev" / "nvidia-caps").mkdir()
    (tmp_path / "dev" / "nvidia-caps" / "nvidia-cap1").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-7")
    everything = [*SHARED, "nvidia0", "nvidia1", "nvidia-cap1"]
    assert seen(gpus.gpus_here()) == [("cuda:0", everything, "MIG-7")]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(gpus, "_DRIVER", tmp_path / "nothing")
    assert seen(gpus.gpus_here()) == [("cuda:0", everything, "0"), ("cuda:1", everything, "1")]


def test_a_machine_without_a_gpu_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared files alone are no GPU; a Linux inside Windows has one file for all."""
    describe_gpus(tmp_path, monkeypatch)
    assert gpus.gpus_here() == ()
    (tmp_path / "dev" / "dxg").touch()
    assert seen(gpus.gpus_here()) == [("cuda:0", ["dxg"], "0")]


def test_control_groups_are_not_shown() -> None:
    """They could be written to where the student's process has the grader's user id."""
    assert not any(path.startswith("/sys/fs") or path == "/sys" for path in gpu_paths())


def test_a_plan_names_every_device_file() -> None:
    """The GPU's only where the plan has one."""
    gpu = Gpu("cuda:0", ("/dev/nvidiactl", "/dev/nvidia3"))
    assert plan_with("/x", gpu=gpu).nodes[-2:] == gpu.nodes
    assert plan_with("/x", gpu=None).nodes == plan_with("/x", gpu=gpu).devices


def test_time_by_the_clock_ends_at_the_limit() -> None:
    """No processor time is waited for, and none is counted."""
    allowance = Allowance(30.0)
    allowance.of(os.getpid())
    allowance.grant(0.2, wall=True)
    assert allowance.asked()
    time.sleep(0.25)
    assert not allowance.asked()
    assert 0.25 <= allowance.spent() < 5.0
    allowance.grant(30.0, children=True)
    assert allowance.spent() < 0.25
    allowance.close()


# --- starting CUDA ----------------------------------------------------------------------------------------------------------------


class FakeCuda:
    """What `take_gpu` asks of torch.cuda."""

    def __init__(self, free: int, total: int) -> None:
        self.free, self.total = free, total
        self.fractions: list[float] = []

    def init(self) -> None:
        pass

    def mem_get_info(self, device: object) -> tuple[int, int]:
        return self.free << 20, self.total << 20

    def set_per_process_memory_fraction(self, fraction: float, device: object) -> None:
        self.fractions.append(fraction)

    def get_device_name(self, device: object) -> str:
        return "Fake 9000"


@pytest.mark.parametrize(
    ("memory_mb", "fractions", "found"),
    [
        (0, [], GpuFound("", "Fake 9000", 8000, 6000)),
        (2000, [0.25], GpuFound("", "Fake 9000", 8000, 6000)),
        (6000, [0.75], GpuFound("", "Fake 9000", 8000, 6000)),
    ],
)
def test_torch_gets_a_part_of_the_gpus_memory(
    monkeypatch: pytest.MonkeyPatch, memory_mb: int, fractions: list[float], found: GpuFound
) -> None:
    """The part that memory_mb is of the whole; nothing is limited where the profile says nothing."""
    fake = FakeCuda(6000, 8000)
    monkeypatch.setattr(torch, "cuda", fake)
    monkeypatch.setattr(cuda, "_exercise", lambda *_: None)
    assert cuda.take_gpu(memory_mb) == found
    assert fake.fractions == fractions


def test_a_gpu_that_others_have_filled_is_not_started_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A student's network would run out of memory that somebody else has."""
    monkeypatch.setattr(torch, "cuda", FakeCuda(1000, 8000))
    assert "only 1,000 MB of its memory are free" in cuda.take_gpu(2000).problem


@pytest.mark.parametrize(
    ("error", "outcome", "start"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            Outcome.OUT_OF_MEMORY,
            "the GPU's memory is used up",
        ),
        (RuntimeError("CUDA error: out of memory"), Outcome.OUT_OF_MEMORY, "the GPU's memory is used up"),
        (
            RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
            Outcome.OUT_OF_MEMORY,
            "the GPU's memory is used up",
        ),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."),
            Outcome.OUT_OF_MEMORY,
            "DefaultCPU",
        ),
        (RuntimeError("CUDA error: device-side assert triggered"), Outcome.ERROR, "CUDA error"),
    ],
)
def test_whose_memory_is_used_up_is_said(error: Exception, outcome: Outcome, start: str) -> None:
    """The GPU's is told from the machine's."""
    failure = describe(error)
    assert failure.outcome is outcome
    assert failure.text.startswith(start)


def test_begin_has_no_word_of_a_gpu() -> None:
    """Nothing of a run's place travels to student code but what its options say."""
    assert "gpu" not in Begin.__struct_fields__
