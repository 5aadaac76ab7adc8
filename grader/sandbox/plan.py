"""What a student's process is to be locked into: decided by the grader, carried out by the zygote and its workers."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

__all__ = ["DATA", "Gpu", "GpuFound", "Layer", "Limits", "Plan", "gpu_paths", "package_folders", "readable_paths"]

_PACKAGES = ("torch", "torchvision", "numpy", "msgspec", "pyseccomp")  # what a student's process and its zygote import
DATA = "/data"  # in the root of its own: where a student's process finds what it trains on


class Layer:
    """The isolation layers, by the names that reports use."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    LIMITS = "limits"
    SESSION = "session"


class Limits(msgspec.Struct, frozen=True):
    """What one submission's processes may use. Memory counts beyond what torch itself has mapped."""

    memory_mb: int = 2048
    processes: int = 64
    file_mb: int = 64
    scratch_mb: int = 256
    open_files: int = 256


class Gpu(msgspec.Struct, frozen=True):
    """One GPU, as a student's process is to see it."""

    name: str  # "cuda:0": the place in the grader's own list
    nodes: tuple[str, ...]  # device files; other GPUs' are not there
    visible: str = ""  # CUDA_VISIBLE_DEVICES; empty: whatever the nodes show


class GpuFound(msgspec.Struct, frozen=True):
    """What a process found when it tried its GPU from inside the walls. `problem`: why nothing can be computed on it."""

    problem: str = ""
    model: str = ""
    total_mb: int = 0
    free_mb: int = 0


class Plan(msgspec.Struct, frozen=True):
    """How the zygote locks itself and its workers in."""

    root: str  # an empty folder where the new root is put together
    readable: tuple[str, ...]
    hidden: tuple[str, ...] = ()  # folders of the course, in case one lies within a readable one
    devices: tuple[str, ...] = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
    data: tuple[tuple[str, str], ...] = ()  # name below DATA, and the folder that is shown there, read-only
    preload: tuple[str, ...] = ()
    lock_in: bool = True
    many: bool = True  # worth a second of preparation that makes each fork cheaper
    limits: Limits = Limits()
    gpu: Gpu | None = None  # for trainings alone; None: no GPU is seen, whatever the machine has

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every device file that there is."""
        return (*self.devices, *(self.gpu.nodes if self.gpu else ()))


def package_folders(names: Sequence[str] = _PACKAGES) -> tuple[str, ...]:
    """Folders besides this Python's own in which packages are found: PYTHONPATH, or a cluster's module system, may name some."""
    own = {os.path.realpath(path) for path in (*site.getsitepackages(), site.getusersitepackages())}
    found = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            found.append(str(Path(spec.origin).parents[1 if spec.submodule_search_locations else 0]))
    return tuple(dict.fromkeys(path for path in found if os.path.realpath(path) not in own))


def readable_paths() -> tuple[str, ...]:
    """What Python and torch need to read: the system's libraries, this Python, its packages, and the harness itself; nothing else."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/sys/devices/system/cpu", "/opt/conda"]
    system += [
        f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "nsswitch.conf")
    ]
    python = [sys.prefix, sys.base_prefix, *site.getsitepackages(), *package_folders(), str(Path(__file__).parents[1])]
    if site.ENABLE_USER_SITE:
        python.append(site.getusersitepackages())
    found = {os.path.abspath(path) for path in [*system, *python] if os.path.exists(path)}
    # a Python installed behind a link is read through both names
    found |= {os.path.realpath(path) for path in python if os.path.exists(path)}
    return tuple(sorted(found))


def gpu_paths() -> tuple[str, ...]:
    """What a GPU's driver reads besides: the machine's description, and libraries that stand outside of the system's folders.

    Without /sys, CUDA does not start. /sys/fs, where control groups could be written to, is not among it.
    """
    system = [f"/sys/{name}" for name in ("bus", "class", "dev", "devices", "kernel/mm", "module")]
    libraries = ["/run/opengl-driver", *os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)]
    return tuple(path for path in [*system, *libraries] if os.path.isabs(path) and os.path.isdir(path))
