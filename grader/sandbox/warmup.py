"""Getting torch ready once, so that every process forked afterwards starts warm.

A parent that is to be forked stays on one thread: after an operation with two, a child that uses two hangs.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.abc
import re
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

__all__ = ["ONE_THREAD", "warm_up"]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
# Where a training has several threads: one that waits for the others computes nothing meanwhile. It would count as the student's own time,
# on a busy machine twenty times what the training itself takes (measured with batches of 4 on two processors).
ONE_THREAD |= {"OMP_WAIT_POLICY": "passive"}

_SMALL = ("numpy.typing", "torch.utils.data")  # what homework imports beside torch and numpy themselves, and costs nothing here
_MADV_COLLAPSE = 25
_HUGE = 2 << 20


def warm_up(preload: Sequence[str] = (), *, many: bool = True, exercise: bool = True) -> None:
    """Import torch and the named modules, run what every network runs once; with `many`, make this process cheap to fork.

    Without `exercise` nothing is run: the first gradient of a process looks for GPUs, even on the CPU, and where it finds one, no
    process that is forked afterwards can use it.
    """
    import torch

    torch.set_num_threads(1)
    if not preload:
        postpone_dynamo()  # what is preloaded (torchvision) would want the real one at once
    for name in (*_SMALL, *preload):
        importlib.import_module(name)
    if exercise:
        _exercise(torch)
        # oneDNN compiles for each new shape of a convolution: half a millisecond in each process, which pays off in trainings alone
        torch.backends.mkldnn.set_flags(False)  # type: ignore[no-untyped-call]
    gc.collect()
    gc.freeze()
    if many:
        use_huge_pages()


def _exercise(torch: Any) -> None:
    """One step of training: the first one of a process pays for much that is made once."""
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3))
    for dtype in (torch.float32, torch.float64):
        net = net.to(dtype)
        for optimizer in (torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9), torch.optim.Adam(net.parameters())):
            optimizer.zero_grad()
            scores = net(torch.ones(2, 1, 8, 8, dtype=dtype))
            loss = nn.CrossEntropyLoss()(scores, torch.tensor([0, 1])) + nn.MSELoss()(scores, scores.detach() + 1)
            loss.backward()
            optimizer.step()
    data = torch.utils.data.TensorDataset(torch.ones(4, 1, 8, 8), torch.tensor([0, 1, 0, 1]))
    for inputs, labels in torch.utils.data.DataLoader(data, batch_size=2, shuffle=True):
        with torch.no_grad():
            (net.float().eval()(inputs).argmax(1) == labels).sum().item()


class _PostponedDynamo(types.ModuleType):
    """Stands for `torch._dynamo` until something is wanted of it that only the real one has."""

    def __init__(self, folder: str) -> None:
        super().__init__("torch._dynamo")
        self.__path__ = [folder]

    def graph_break(self, *args: object, **kwargs: object) -> None:
        """Does nothing outside a compiled function, as the real one."""

    def disable(self, fn: Any = None, *_: object, **__: object) -> Any:
        """Outside a compiled function a disabled function is the function."""
        return fn if fn is not None else (lambda function: function)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what `inspect` asks of every module
            raise AttributeError(name)
        return getattr(_real_dynamo(), name)


class _DynamoFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Has the real package imported as a whole before the first of its submodules, as Python itself would."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if not name.startswith("torch._dynamo.") or not isinstance(sys.modules.get("torch._dynamo"), _PostponedDynamo):
            return None
        _real_dynamo()
        return ModuleSpec(name, self) if name in sys.modules else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return sys.modules[spec.name]

    def exec_module(self, module: types.ModuleType) -> None:
        """It ran already."""


def _real_dynamo() -> types.ModuleType:
    import torch

    if isinstance(sys.modules.get("torch._dynamo"), _PostponedDynamo):
        del sys.modules["torch._dynamo"]
        vars(torch).pop("_dynamo", None)
    return importlib.import_module("torch._dynamo")


def postpone_dynamo() -> None:
    """Keep the first optimizer from importing torch's compiler, 1.8 s and 100 MB that no homework uses.

    `Optimizer.__init__` and `step` import `torch._dynamo` for two functions that do nothing unless a function is being compiled. If
    anything else is asked of the package (by `torch.compile`, by torchvision), the real one is imported then.
    """
    import torch

    if "torch._dynamo" not in sys.modules:
        stand_in = _PostponedDynamo(str(Path(torch.__file__).parent / "_dynamo"))
        sys.modules["torch._dynamo"] = stand_in
        torch._dynamo = stand_in
        sys.meta_path.insert(0, _DynamoFinder())


def use_huge_pages() -> None:
    """Have the kernel put this process's memory into pages of 2 MiB: a fork copies the list of pages, here 130 instead of 70,000.

    Measured with torch's CUDA build: 10.9 ms a fork before, 3.9 ms after. Does nothing where the kernel cannot (before Linux 6.1).
    """
    try:
        madvise = ctypes.CDLL(None, use_errno=True).madvise
        maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    except (OSError, AttributeError):
        return
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?$", maps, re.MULTILINE):
        first = -(-int(start, 16) // _HUGE) * _HUGE
        size = int(end, 16) // _HUGE * _HUGE - first
        if size > 0:
            madvise(first, size, _MADV_COLLAPSE)  # advice: what cannot be collapsed stays as it is
