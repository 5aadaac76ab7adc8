"""What a student's process is to be locked into: decided by the grader, carried out by the zygote and its workers."""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

import msgspec

__all__ = ["DATA", "Layer", "Limits", "Plan", "readable_paths"]

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


def readable_paths() -> tuple[str, ...]:
    """What Python and torch need to read: the system's libraries, this Python, its packages, and the harness itself; nothing else."""
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/sys/devices/system/cpu", "/opt/conda"]
    system += [
        f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "nsswitch.conf")
    ]
    python = [sys.prefix, sys.base_prefix, *site.getsitepackages(), str(Path(__file__).parents[1])]
    if site.ENABLE_USER_SITE:
        python.append(site.getusersitepackages())
    found = {os.path.abspath(path) for path in [*system, *python] if os.path.exists(path)}
    # a Python installed behind a link is read through both names
    found |= {os.path.realpath(path) for path in python if os.path.exists(path)}
    return tuple(sorted(found))
