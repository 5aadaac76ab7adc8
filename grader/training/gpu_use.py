"""What a training on a GPU takes of the machine's memory, looked at from outside of its process, now and then.

Torch's own limit (`cuda.take_gpu`) can be lifted by code that runs beside torch; what the driver says of a process cannot. The driver
is asked through its tool, nvidia-smi: where that is missing, or names processes by other ids than ours (in some containers), there is
nothing to see, and nobody is blamed.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading
from pathlib import Path

__all__ = ["GpuUse", "gpu_failed"]

_LOOK_SECONDS = 2.0
_MB = 2**20
_BESIDES_MB = 1024  # of the GPU's memory: CUDA itself and its kernels, which torch does not count
_FAILED = re.compile(r"\b(?:CUDA|cuDNN) error: (?!device-side assert|out of memory)")
_ASK = ("--query-compute-apps=pid,used_gpu_memory", "--format=csv,noheader,nounits")


class GpuUse:
    """Context manager: looks at process `pid` while a run lasts. `gpu_mb` is the most of the GPU's memory that it was seen to have."""

    def __init__(self, pid: int, *, gpu_limit_mb: int, shared_limit_mb: int) -> None:
        self.pid, self.gpu_limit_mb, self.shared_limit_mb = pid, gpu_limit_mb, shared_limit_mb
        self.gpu_mb = self.shared_mb = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> GpuUse:
        if self.pid:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.pid:
            self._thread.join()

    def problem(self) -> str:
        """Which limit was passed, in words; empty for none."""
        if self.gpu_limit_mb and self.gpu_mb > self.gpu_limit_mb + _BESIDES_MB:
            return f"{self.gpu_mb:,} MB of the GPU's memory are in use, of {self.gpu_limit_mb:,} MB that the assignment allows"
        if self.shared_mb > self.shared_limit_mb:
            return f"{self.shared_mb:,} MB of shared memory are in use, of {self.shared_limit_mb:,} MB that the assignment allows"
        return ""

    def _look_on(self) -> None:
        tool = shutil.which("nvidia-smi")
        while not self._over.wait(_LOOK_SECONDS):
            self.shared_mb = max(self.shared_mb, _shared_mb(self.pid))
            if tool:
                self.gpu_mb = max(self.gpu_mb, _gpu_mb(tool, self.pid))


def gpu_failed(error: str) -> bool:
    """Whether an exception's text may mean that the GPU failed, not the code: to be tried once more, as code fails again.

    An index out of range (a device-side assert) and too much memory are the code's.
    """
    return _FAILED.search(error) is not None


def _gpu_mb(tool: str, pid: int) -> int:
    """MB that a process has of all GPUs together; 0 where the driver does not tell."""
    try:
        told = subprocess.run([tool, *_ASK], check=False, timeout=30, capture_output=True, text=True).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(int(used) for number, used in re.findall(r"^(\d+), (\d+)$", told, re.MULTILINE) if int(number) == pid)


def _shared_mb(pid: int) -> int:
    """MB of memory that a process has mapped and could share with others: no limit of the kernel's counts it."""
    with contextlib.suppress(OSError):
        found = re.search(r"RssShmem:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
        return int(found[1]) * 1024 // _MB if found else 0
    return 0
