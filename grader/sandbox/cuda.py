"""Starting CUDA in a student's process, locked in already, before anything of the student's is there.

What a process does once (the context, the libraries of matrix products and convolutions) so stands before the clock of a training, and
whether this machine's GPU can be used from inside the walls is known by having tried.
"""

from __future__ import annotations

import os
import warnings

from grader.sandbox.plan import GpuFound

__all__ = ["take_gpu"]

_MB = 2**20
_MAX_TEXT = 400


def take_gpu(memory_mb: int) -> GpuFound:
    """Start CUDA here, on the one GPU that is seen. `memory_mb`: what torch may take of its memory, 0 for all of it."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say stands in the exception, too
            torch.cuda.init()  # type: ignore[no-untyped-call]
            device = torch.device("cuda", 0)
            free, total = torch.cuda.mem_get_info(device)
            if free < memory_mb * _MB:
                return GpuFound(f"only {free // _MB:,} MB of its memory are free, and a training may take {memory_mb:,} MB")
            if memory_mb:
                torch.cuda.set_per_process_memory_fraction(min(1.0, memory_mb * _MB / total), device)
            _exercise(torch, device)
            os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)  # was for the process that is forked; here torch itself knows
            return GpuFound("", torch.cuda.get_device_name(device), total // _MB, free // _MB)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why; the grader decides what becomes of it
        told = " ".join(str(error).split())[:_MAX_TEXT]
        return GpuFound(f"{type(error).__name__}: {told}{_looked()}")


def _exercise(torch, device) -> None:  # type: ignore[no-untyped-def]
    """One step of training, whose result is right: a GPU that computes nothing useful is none."""
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 3)).to(device)
    loss = torch.nn.functional.cross_entropy(net(torch.ones(2, 1, 8, 8, device=device)), torch.tensor([0, 1], device=device))
    loss.backward()
    twos = torch.full((64, 64), 2.0, device=device)
    if float((twos @ twos).sum()) != 64.0**3 * 4:
        raise ArithmeticError("a product of two matrices of twos came out wrong")
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)


def _looked() -> str:
    """Which of the usual device files are missing, for whoever has to find out why."""
    missing = [name for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools") if not os.path.exists(f"/dev/{name}")]
    return f" (no {', '.join(f'/dev/{name}' for name in missing)} here)" if missing and not os.path.exists("/dev/dxg") else ""
