"""Locking in, in layers. Each layer is tried by itself; what held is told, what did not is told with the reason.

The zygote moves once into namespaces (`enter_namespaces`) with a root of its own, in which the course does not exist
(`enter_own_root`). Each worker then
takes process ids, mounts, and network of its own, gives up its privileges, and bars itself from files and system calls
(`lock_worker`). All of it happens before any student code is read.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.sandbox import landlock, linux
from grader.sandbox.plan import DATA, Layer, Limits, Plan, gpu_paths

__all__ = ["SCRATCH", "enter_namespaces", "enter_own_root", "limit_private_memory", "lock_worker"]

SCRATCH = "/scratch"  # the one writable folder, a memory file system of each worker's own
_STUDENT_UID = 1_986_000_000  # belongs to nobody; each worker of a root grader adds its number
# with a GPU: threads that the driver starts, files that it opens, and memory of its libraries that are loaded late
_GPU_THREADS, _GPU_FILES, _GPU_DATA_MB = 64, 1024, 2048
_GPU_FACTS = ("/proc/driver", "/proc/devices", "/proc/modules", "/proc/sys/vm")  # read by it where /proc is not a namespace's own
_LOCKED_FLAGS = (
    (os.ST_NOSUID, linux.MS_NOSUID),
    (os.ST_NODEV, linux.MS_NODEV),
    (os.ST_NOEXEC, linux.MS_NOEXEC),
    (os.ST_NOATIME, 1024),
    (os.ST_NODIRATIME, 2048),
    (os.ST_RELATIME, 1 << 21),
)


# --- the zygote -------------------------------------------------------------------------------------------------------------------


def enter_namespaces() -> None:
    """Move this process, and for process ids its children, into namespaces. Raises `OSError` where that is not allowed.

    As root without a user namespace, where that is allowed; else within one, in which this process has every capability.
    """
    uid, gid = os.getuid(), os.getgid()
    spaces = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC | linux.CLONE_NEWNET | linux.CLONE_NEWUTS
    if uid == 0:
        try:
            linux.unshare(spaces)
        except PermissionError:
            pass  # root in a container without CAP_SYS_ADMIN: as an ordinary user then
        else:
            return
    linux.unshare(spaces | linux.CLONE_NEWUSER)
    _map_only(uid, gid)


def enter_own_root(plan: Plan) -> None:
    """Give this process, process 1 of its namespace, a read-only root with nothing of the course. Raises `OSError`."""
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    root = plan.root
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=16m,mode=755")
    for path in sorted((*plan.readable, *(gpu_paths() if plan.gpu else ()))):
        _show(path, root)
    for path in plan.nodes:
        if os.path.exists(path):
            _bind(path, root + path)
    for name, folder in plan.data:
        _bind_read_only(folder, f"{root}{DATA}/{name}")
    old = root + "/.old"
    for folder in ("/proc", "/.old", SCRATCH, *_writable(plan)):
        os.makedirs(root + folder, exist_ok=True)
    _mount_own_processes(root + "/proc")
    for path in plan.hidden:
        if os.path.isdir(root + path):
            linux.mount("tmpfs", root + path, "tmpfs", linux.MS_RDONLY, "size=4k")
    os.chdir(root)
    linux.pivot_root(root, old)
    os.chdir("/")
    linux.unmount("/.old")
    os.rmdir("/.old")
    # importing torch's compiler wants a folder for temporary files
    linux.mount("tmpfs", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=16m,mode=700")
    os.environ["TMPDIR"] = SCRATCH
    linux.mount("none", "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV)


def _writable(plan: Plan) -> tuple[str, ...]:
    """Besides the scratch folder, what a worker has of its own: shared memory, and /tmp unless something to be read lies in it."""
    return ("/dev/shm",) if any(path.startswith("/tmp/") for path in plan.readable) else ("/dev/shm", "/tmp")


def _map_only(uid: int, gid: int) -> None:
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")


def _show(path: str, root: str) -> None:
    """Make a file or folder readable in the new root under its own name; links are made again, not followed."""
    target = root + path
    parent = os.path.dirname(path)
    if any(os.path.islink(root + str(p)) for p in Path(path).parents):
        return  # below a link that was made again already
    os.makedirs(root + parent, exist_ok=True)
    if os.path.islink(path):
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        return
    if os.path.lexists(target) and os.stat(target).st_dev != os.stat(root).st_dev:
        return  # a folder above it is shown
    _bind_read_only(path, target)


def _bind_read_only(path: str, target: str) -> None:
    _bind(path, target)
    flags = os.statvfs(target).f_flag  # a user namespace may not take these back
    kept = sum(ours for theirs, ours in _LOCKED_FLAGS if flags & theirs)
    linux.mount("none", target, flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | kept)


def _bind(path: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        Path(target).touch()
    linux.mount(path, target, flags=linux.MS_BIND | linux.MS_REC)


# --- a worker ---------------------------------------------------------------------------------------------------------------------


def lock_worker(
    plan: Plan, number: int, *, own_root: bool, scratch: str, seccomp_filter: Any | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lock this process in; returns the layers that hold and the reasons of those that do not.

    `own_root`: the zygote stands in a root of its own, and this process is the first of a new process-id namespace.
    """
    limits = plan.limits
    held: list[str] = []
    missing: list[str] = []

    def attempt(layer: str, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            missing.append(f"{layer}: {error.strerror or error}")
        else:
            held.append(layer)

    # where memory runs out all the same, the kernel is to end a student's process, not the grader's
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if own_root:
        attempt(Layer.NAMESPACES, lambda: _own_namespaces(number, plan, filtered=seccomp_filter is not None))
        scratch = SCRATCH
    os.chdir(scratch)
    os.makedirs("work", exist_ok=True)
    os.chdir("work")
    tempfile.tempdir = None  # one remembered from before the fork is not ours to write to
    os.environ.update(
        USER="student", LOGNAME="student", HOME=scratch, TMPDIR=scratch, PWD=os.getcwd(), XDG_CACHE_HOME=f"{scratch}/.cache"
    )
    readable = (
        ("/",)
        if Layer.NAMESPACES in held
        else (*plan.readable, *plan.devices, *(folder for _, folder in plan.data), "/proc/self", "/proc/cpuinfo", "/proc/meminfo")
    )
    if plan.gpu and Layer.NAMESPACES not in held:
        readable += (*gpu_paths(), *_GPU_FACTS)

    def bar_files() -> None:
        linux.no_new_privileges()
        if own_root:
            linux.drop_capabilities()
        landlock.restrict(
            readable,
            (scratch, *(_writable(plan) if Layer.NAMESPACES in held else ()), *plan.nodes),
            # CUDA names its threads there, and takes a refusal for a broken system
            open_below=("/proc/self/task",) if plan.gpu else (),
        )

    attempt(Layer.LANDLOCK, bar_files)
    attempt(Layer.LIMITS, lambda: _limit(limits, gpu=plan.gpu is not None))
    if seccomp_filter is not None:
        attempt(Layer.SECCOMP, seccomp_filter.load)
    else:
        missing.append(f"{Layer.SECCOMP}: libseccomp was not found")
    return tuple(held), tuple(missing)


def _own_namespaces(number: int, plan: Plan, *, filtered: bool) -> None:
    """Mounts, and what else of the zygote's namespaces this process would share with the other workers, if nothing else bars it.

    The zygote's network has no interface. What is left in it are sockets between workers, which Landlock bars from ABI 6 on; and of
    System V's shared memory and queues, which the filter refuses. Where both hold, namespaces of its own would cost more to make and
    to tear down than a check.
    """
    root = os.getuid() == 0 and _is_initial_user_namespace()
    spaces = linux.CLONE_NEWNS
    if landlock.abi_version() < 6:
        spaces |= linux.CLONE_NEWNET
    if not filtered:
        spaces |= linux.CLONE_NEWIPC
    uid, gid = os.getuid(), os.getgid()
    if root:
        linux.unshare(spaces)
        uid = gid = _STUDENT_UID + number % 100_000
    else:
        # one more user namespace, so that the limit on processes counts this worker's alone
        linux.unshare(spaces | linux.CLONE_NEWUSER)
        _map_only(uid, gid)
    owner = f"uid={uid},gid={gid},mode=700"
    for folder in (SCRATCH, *_writable(plan)):
        linux.mount("tmpfs", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, f"size={plan.limits.scratch_mb}m,{owner}")
    _mount_own_processes("/proc")
    if root:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)


def _mount_own_processes(target: str) -> None:
    """Show the processes of this namespace at /proc; in a container that masks parts of its own /proc, none at all."""
    try:
        linux.mount("proc", target, "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    except PermissionError:
        linux.mount("tmpfs", target, "tmpfs", linux.MS_RDONLY, "size=4k")


def _is_initial_user_namespace() -> bool:
    with contextlib.suppress(OSError):
        return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]
    return False


def _limit(limits: Limits, *, gpu: bool) -> None:
    """All limits; with a GPU, which takes more addresses than the machine has memory, the one on memory comes later."""
    _set_limits(
        (resource.RLIMIT_FSIZE, limits.file_mb * 2**20),
        (resource.RLIMIT_NOFILE, max(limits.open_files, _GPU_FILES) if gpu else limits.open_files),
        (resource.RLIMIT_NPROC, limits.processes + (_GPU_THREADS if gpu else 0)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    )
    if not gpu:
        _set_limits(
            (resource.RLIMIT_AS, _mapped_bytes("VmSize") + limits.memory_mb * 2**20),
            (resource.RLIMIT_MEMLOCK, 1 << 16),
        )


def limit_private_memory(limits: Limits) -> None:
    """With a GPU, once CUDA runs: bound the memory of this process alone (`RLIMIT_DATA`). Addresses that are merely reserved, and the
    device's own memory that is shown here, do not count; memory shared between processes does not either (`gpu_use` looks at that)."""
    _set_limits((resource.RLIMIT_DATA, _mapped_bytes("VmData") + (limits.memory_mb + _GPU_DATA_MB) * 2**20))


def _set_limits(*wanted: tuple[int, int]) -> None:
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _mapped_bytes(what: str) -> int:
    """What this process has mapped already, most of it torch's libraries: all addresses (VmSize), or what it may write to (VmData)."""
    with contextlib.suppress(OSError):
        found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        if found:
            return int(found[1]) * 1024
    return 8 * 2**30
