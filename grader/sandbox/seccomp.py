"""seccomp: system calls that no homework needs and that an escape would, answered with "not permitted".

The filter is libseccomp's, through pyseccomp. It is made once, before any student code runs, and loaded by each process.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from grader.sandbox import linux

__all__ = ["make_filter"]

# everything that reaches into other processes, changes what the process sees of the system, or opens an unfiltered way into the kernel
_DENIED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    "unshare", "setns", "personality",
    "keyctl", "add_key", "request_key",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
    "reboot", "swapon", "swapoff", "acct", "quotactl", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "sethostname", "setdomainname", "iopl", "ioperm", "vhangup", "mknod", "mknodat",
    "memfd_secret", "shmget", "msgget", "semget",  # memory that no limit counts
)  # fmt: skip
_DENIED_WITHOUT_GPU = ("memfd_create",)  # counts nowhere either, but drivers are known that do not start without it
_NEW_NAMESPACES = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
)
_TIOCSTI = 0x5412  # types into the terminal of whoever started the grader


def make_filter(*, gpu: bool = False) -> Any:
    """The filter, to be loaded with `.load()`. Raises `OSError` or `RuntimeError` where libseccomp is missing.

    `gpu`: for a process that has one. `ioctl` is open to every process, and what it can do is a question of the files that are there.
    """
    import pyseccomp  # here, since importing it looks for the C library and fails without

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in (*_DENIED, *(() if gpu else _DENIED_WITHOUT_GPU)):
        if _exists(pyseccomp, name):
            rules.add_rule(refuse, name)
    # unix sockets serve DataLoader's workers; every other family would reach the network or the kernel
    rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.GT, int(socket.AF_UNIX)))
    rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, _TIOCSTI))
    # fork and threads are clone; clone3 hides its flags from filters, and the C library falls back to clone where it is absent
    for bit in (1 << n for n in range(32) if _NEW_NAMESPACES >> n & 1):
        rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bit, bit))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def _exists(pyseccomp: Any, name: str) -> bool:
    """Whether this architecture and this libseccomp know the call; what does not exist need not be refused."""
    return bool(pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) >= 0)
