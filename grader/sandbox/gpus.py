"""Which GPUs are here, and by which device files a process sees one of them and no other.

Nothing here starts CUDA: a process that has started it cannot be forked any more. Whether a GPU can be computed on is found out by
trying, in a process that is locked in (`cuda.take_gpu`).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from grader.sandbox.plan import Gpu

__all__ = ["gpus_here"]

_DEVICES = Path("/dev")
_DRIVER = Path("/proc/driver/nvidia/gpus")
_SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")  # since driver 570, CUDA does not start without the last of them
_NUMBERED = re.compile(r"nvidia\d+\Z")


def gpus_here() -> tuple[Gpu, ...]:
    """The GPUs that this process may use: those of CUDA_VISIBLE_DEVICES where that is set, else all.

    Numbers in it count in the order of the slots, which is nvidia-smi's. A GPU whose own device file is not known (a part of one, or a
    machine that does not describe its GPUs) is chosen by CUDA_VISIBLE_DEVICES alone.
    """
    everything = _all_nodes()
    if not everything:
        return ()
    known = _described()
    asked = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is None:
        count = len(known) or sum(bool(_NUMBERED.match(Path(node).name)) for node in everything) or 1
        entries = [str(number) for number in range(count)]
    else:
        entries = _entries(asked)
    found = []
    for place, entry in enumerate(entries):
        own = _one_of(known, entry)
        if own is None:
            found.append(Gpu(f"cuda:{place}", everything, entry))
        else:
            uuid, node = own
            found.append(Gpu(f"cuda:{place}", (*_shared_nodes(), node), uuid))
    return tuple(found)


def _entries(asked: str) -> list[str]:
    """What CUDA itself reads in that variable: everything up to the first entry that names no device."""
    entries: list[str] = []
    for entry in map(str.strip, asked.split(",")):
        if not entry or entry.startswith("-"):
            break
        entries.append(entry)
    return entries


def _one_of(known: list[tuple[str, str]], entry: str) -> tuple[str, str] | None:
    if entry.isdigit():
        return known[int(entry)] if int(entry) < len(known) else None
    meant = [gpu for gpu in known if entry.startswith("GPU-") and gpu[0].startswith(entry)]
    return meant[0] if len(meant) == 1 else None


def _described() -> list[tuple[str, str]]:
    """What the driver says of its GPUs, in the order of the slots: the UUID, and the device file, which has to be there."""
    found = []
    with contextlib.suppress(OSError):
        for folder in sorted(_DRIVER.iterdir()):
            text = (folder / "information").read_text(encoding="utf-8", errors="replace")
            facts = dict(re.findall(r"^([^:\n]+):[ \t]*(.*?)[ \t]*$", text, re.MULTILINE))
            node = str(_DEVICES / f"nvidia{facts.get('Device Minor', '')}")
            if facts.get("GPU UUID", "").startswith("GPU-") and facts.get("Device Minor", "").isdigit() and os.path.exists(node):
                found.append((facts["GPU UUID"], node))
    return found


def _all_nodes() -> tuple[str, ...]:
    """Every device file of a GPU's; nothing where there is none. A Linux inside Windows has a single one for all."""
    with contextlib.suppress(OSError):
        names = sorted(os.listdir(_DEVICES))
        numbered = sorted((name for name in names if _NUMBERED.match(name)), key=lambda name: int(name.removeprefix("nvidia")))
        if numbered:
            _make_shared_nodes()
            parts = sorted(str(path) for path in (_DEVICES / "nvidia-caps").glob("nvidia-cap*"))
            return (*_shared_nodes(), *(str(_DEVICES / name) for name in numbered), *parts)
        if "dxg" in names:
            return (str(_DEVICES / "dxg"),)
    return ()


def _shared_nodes() -> tuple[str, ...]:
    return tuple(str(_DEVICES / name) for name in _SHARED if (_DEVICES / name).exists())


def _make_shared_nodes() -> None:
    """The files for unified memory are made when CUDA starts for the first time since the machine did, which nobody can do who is
    locked in; the driver's own tool does it here."""
    tool = shutil.which("nvidia-modprobe")
    if tool and not (_DEVICES / "nvidia-uvm").exists():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([tool, "-u", "-c", "0"], check=False, timeout=30, capture_output=True)
