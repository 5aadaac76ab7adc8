"""The few Linux system calls that Python 3.11 has no function for, by ctypes. Each raises `OSError` with the call's name."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import signal

__all__ = [
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWPID",
    "CLONE_NEWUSER",
    "CLONE_NEWUTS",
    "adopt_orphans",
    "drop_capabilities",
    "exit_on_abort",
    "mount",
    "no_new_privileges",
    "pivot_root",
    "set_namespace",
    "syscall",
    "unmount",
    "unshare",
]

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_CHILD_SUBREAPER = 36
_PR_CAPBSET_DROP = 24
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


@functools.cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def exit_on_abort() -> None:
    """Make `abort()` end this process with exit status 6, the signal's number.

    Process 1 of a namespace does not get a signal that it has no handler for, and `abort()` then dies of a segmentation fault. The
    handler is the C library's own `_exit`, whose argument, an exit status, takes the place of a handler's, the signal's number.
    """
    _libc().signal(int(signal.SIGABRT), _libc()._exit)


def _call(name: str, *args: object) -> int:
    result = int(getattr(_libc(), name)(*args))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def syscall(name: str, number: int, *args: object) -> int:
    """A system call that the C library has no function for."""
    result = int(_libc().syscall(ctypes.c_long(number), *args))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Move this process into new namespaces (new process ids: its children)."""
    _call("unshare", ctypes.c_int(flags))


def set_namespace(descriptor: int, kind: int) -> None:
    """Move this process into the namespace behind an open `/proc/PID/ns/…` file."""
    _call("setns", ctypes.c_int(descriptor), ctypes.c_int(kind))


def mount(source: str, target: str, kind: str = "none", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    text = [s.encode() for s in (source, target, kind, options)]
    _call("mount", text[0], text[1], text[2], ctypes.c_ulong(flags), text[3])


def unmount(target: str) -> None:
    """Detach what is mounted there, busy or not."""
    _call("umount2", target.encode(), ctypes.c_int(MNT_DETACH))


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace and hang the old one at `old`."""
    machine = platform.machine()
    if machine not in _PIVOT_ROOT:
        raise OSError(38, f"pivot_root: its number on {machine} is not known")
    syscall("pivot_root", _PIVOT_ROOT[machine], new.encode(), old.encode())


def adopt_orphans() -> None:
    """From now on this process becomes the parent of every descendant whose own parent ends."""
    _call("prctl", ctypes.c_int(_PR_SET_CHILD_SUBREAPER), *map(ctypes.c_ulong, (1, 0, 0, 0)))


def no_new_privileges() -> None:
    """From now on no exec gives this process or its children more than they have (set-user-id programs stay plain)."""
    _call("prctl", ctypes.c_int(_PR_SET_NO_NEW_PRIVS), *map(ctypes.c_ulong, (1, 0, 0, 0)))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def drop_capabilities() -> None:
    """Give up every capability, the bounding set too, so that no user id brings one back."""
    for number in range(64):
        try:
            _call("prctl", ctypes.c_int(_PR_CAPBSET_DROP), *map(ctypes.c_ulong, (number, 0, 0, 0)))
        except OSError:
            break  # past the last capability of this kernel, or none to drop
    header = _CapabilityHeader(0x20080522, 0)
    data = (_CapabilityData * 2)()
    _call("capset", ctypes.byref(header), ctypes.byref(data))
