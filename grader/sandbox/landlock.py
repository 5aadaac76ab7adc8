"""Landlock: a process gives up, for itself and its children, every file that it is not told to keep.

Needs no privileges and works inside containers. Kernel documentation: https://docs.kernel.org/userspace-api/landlock.html.
The packages on PyPI stop at the file rules of the first ABIs; the network rules (ABI 4) and the scoping of signals and abstract
sockets (ABI 6) are wanted here too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable

from grader.sandbox.linux import syscall

__all__ = ["abi_version", "restrict"]

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_RULE_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NET_BIND_AND_CONNECT_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def abi_version() -> int:
    """Landlock's version on this kernel; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", _CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], open_below: Iterable[str] = ()) -> None:
    """Keep only the given files and folders (with what is below them), no TCP, and no signals to processes outside.

    `open_below`: folders in which files may be written to, but none made. They stay open: the rule for one of a process's own in /proc
    is the rule for it as long as the system does not have to look it up anew.
    `no_new_privileges` must have been called. Raises `OSError` where the kernel has no Landlock.
    """
    version = abi_version()
    if version == 0:
        raise OSError(38, "landlock: this kernel has none")
    everything = _ALL_BY_ABI[min(version, 5)]
    rules = _Ruleset(
        everything, _NET_BIND_AND_CONNECT_TCP if version >= 4 else 0, _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = syscall("landlock_create_ruleset", _CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ & everything)
        for path in writable:
            _allow(ruleset, path, everything)
        for path in open_below:
            _allow(ruleset, path, (_READ | _WRITE_FILE | _TRUNCATE) & everything)
            with contextlib.suppress(FileNotFoundError):
                os.open(path, os.O_PATH | os.O_CLOEXEC)
        syscall("landlock_restrict_self", _RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # nothing there to keep
    try:
        rights = rights if os.path.isdir(path) else rights & _FILE_RIGHTS
        rule = _PathBeneath(rights, descriptor)
        syscall(
            "landlock_add_rule", _ADD_RULE,
            ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0),
        )  # fmt: skip
    finally:
        os.close(descriptor)
