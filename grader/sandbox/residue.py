"""What a check leaves behind in the student's process: a record before, a comparison after.

Checks of one submission share a process while each leaves it as it found it; the first that does not is the last in it, and the next
check starts from a fresh copy. That gives every check a clean process for a fraction of what a fork for each would cost. The
record covers what student code can reach without trying to hide: the contents of everything in its modules (values, attributes,
defaults, closures), patched library functions, torch's and numpy's global settings, environment, working folder, threads and processes.
Random generators are not in it: they are seeded before every check.
"""

from __future__ import annotations

import builtins
import ctypes
import functools
import os
import random
import threading
import time
import types
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, NamedTuple

import numpy as np
import torch

__all__ = ["Baseline"]

MAX_PLACES = 5_000  # a namespace with more in it is not compared: each check then gets a process of its own
MAX_BYTES = 1 << 20  # of one array

_PATCHABLE: tuple[Any, ...] = (
    torch, torch.Tensor, torch.nn, torch.nn.Module, torch.nn.functional, torch.optim, torch.optim.Optimizer, torch.autograd,
    torch.utils.data, np, np.random, builtins, random, time,
)  # fmt: skip
_environment = getattr(os.environ, "_data", os.environ)  # as it is kept: undecoded
_ATOMS = (type(None), bool, int, float, complex, str, bytes, types.CodeType, types.ModuleType, torch.dtype, torch.device)


class _Place(NamedTuple):
    """Something that can be changed in place: where it is reached from, how to look at it, and what was there."""

    name: str
    look: Callable[[], Sequence[object]]
    found: Sequence[object]


class _TooMuch(Exception):
    pass


class Baseline:
    """The state of the process when the submission had just been imported."""

    def __init__(self, modules: Sequence[types.ModuleType]) -> None:
        self.modules = {module.__name__ for module in modules}
        self.places: list[_Place] = []
        self.digests: list[tuple[str, Any, int]] = []  # arrays and tensors: their contents
        self.seen: dict[int, object] = {}  # by id; holds what it has seen, so that no id is used twice
        self.complete = True
        try:
            for module in modules:
                self._follow_module(module)
        except _TooMuch:
            self.complete = False
        self.libraries = [_version(place) for place in _PATCHABLE]
        self.settings = _settings()

    def changes(self) -> list[str]:
        """The names of what is no longer as it was; empty if nothing was left behind."""
        if not self.complete:
            return ["more than can be compared"]
        changed = [place.name for place in self.places if not _same(place.look(), place.found)]
        changed += [name for name, array, digest in self.digests if _digest(array) != digest]
        for place, found in zip(_PATCHABLE, self.libraries, strict=True):
            if _version(place) != found:
                changed.append("a library's functions")
        changed += [name for name, value in _settings().items() if value != self.settings[name]]
        return list(dict.fromkeys(changed))

    # --- following what is reached from a module ------------------------------------------------------------------------------

    def _follow_module(self, module: types.ModuleType) -> None:
        namespace = vars(module)
        self.seen[id(namespace)] = namespace
        self._watch(module.__name__, lambda: (*namespace, *namespace.values()), follow=False)
        for name, value in list(namespace.items()):
            if not name.startswith("__"):
                self._follow(f"{module.__name__}.{name}", value)

    def _follow(self, name: str, value: Any) -> None:
        if isinstance(value, _ATOMS) or id(value) in self.seen:
            return
        self.seen[id(value)] = value
        if isinstance(value, (torch.Tensor, np.ndarray)):
            self._array(name, value)
        elif isinstance(value, dict):
            self._watch(name, lambda: (*value, *value.values()))
        elif isinstance(value, list):
            self._watch(name, lambda: tuple(value))
        elif isinstance(value, tuple):
            for item in value:
                self._follow(name, item)
        elif isinstance(value, (set, frozenset)):
            self._watch(name, lambda: tuple(value))
        elif isinstance(value, functools._lru_cache_wrapper):
            self.places.append(_Place(name, lambda: (str(value.cache_info()),), (str(value.cache_info()),)))
        elif isinstance(value, types.FunctionType):
            self._function(name, value)
        elif isinstance(value, (staticmethod, classmethod, types.MethodType)):
            self._follow(name, value.__func__)
        elif isinstance(value, property):
            for part in (value.fget, value.fset, value.fdel):
                self._follow(name, part)
        elif isinstance(value, type):
            # a library's class is watched under _PATCHABLE or not at all; following it would walk the library
            if self._is_students(value):
                self._watch(name, lambda: tuple(vars(value).values()))
        elif isinstance(inside := getattr(value, "__dict__", None), dict):
            self._follow(name, inside)

    def _watch(self, name: str, look: Callable[[], Sequence[object]], *, follow: bool = True) -> None:
        found = look()
        if len(self.seen) + len(found) > MAX_PLACES:
            raise _TooMuch
        self.places.append(_Place(name, look, found))
        for item in found if follow else ():
            self._follow(name, item)

    def _function(self, name: str, function: types.FunctionType) -> None:
        if not self._is_students(function):
            return
        cells = [cell for cell in function.__closure__ or () if _is_filled(cell)]
        self._watch(
            f"{name}.{function.__qualname__}",
            lambda: (function.__code__, function.__defaults__, function.__kwdefaults__, *[cell.cell_contents for cell in cells]),
        )
        self._follow(f"{name}.{function.__qualname__}", function.__dict__)

    def _array(self, name: str, array: Any) -> None:
        size = array.nbytes if isinstance(array, np.ndarray) else array.numel() * array.element_size()
        strided = not array.dtype.hasobject if isinstance(array, np.ndarray) else array.layout == torch.strided
        if size > MAX_BYTES or not strided:
            raise _TooMuch
        self.digests.append((name, array, _digest(array)))

    def _is_students(self, thing: Any) -> bool:
        return getattr(thing, "__module__", None) in self.modules


def _same(now: Sequence[object], before: Sequence[object]) -> bool:
    """Whether both hold the very same objects: compared by identity, so that no method of a student's decides."""
    return len(now) == len(before) and all(map(is_, now, before))


def _version(namespace: types.ModuleType | type) -> object:
    """What is another one once a name in there has been bound anew: of a module CPython's own count of changes (PEP 509, up to 3.13).

    To look at thousands of functions instead would touch each one's count of references, and have the system copy the memory that a
    forked process shares. A class keeps its names where that count cannot be read; there, and in later versions, they are held.
    """
    names = vars(namespace)
    return _count_of_changes(names) if _COUNTED and isinstance(names, dict) else _Held(tuple(names.values()))


class _Held:
    """Equal to another that holds the very same objects."""

    def __init__(self, objects: tuple[object, ...]) -> None:
        self.objects = objects

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and _same(self.objects, other.objects)

    __hash__ = None  # type: ignore[assignment]


def _count_of_changes(namespace: dict[str, Any]) -> int:
    """`ma_version_tag`, the second field of a dict behind the head that every object has."""
    return ctypes.c_uint64.from_address(id(namespace) + object.__basicsize__ + ctypes.sizeof(ctypes.c_ssize_t)).value


def _counts_changes() -> bool:
    """Whether this Python still counts the changes of a dict."""
    namespace = {"a": 0}
    before = _count_of_changes(namespace)
    namespace["a"] = 1
    return before != _count_of_changes(namespace)


_COUNTED = _counts_changes()


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True


def _digest(array: Any) -> int:
    if isinstance(array, np.ndarray):
        return hash(array.tobytes())
    with torch._C.DisableTorchFunctionSubclass():
        data = array.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if array.numel() else b""
        grad = array.grad if array.is_leaf else None
        return hash((data, array.requires_grad, None if grad is None else _digest(grad)))


def _settings() -> dict[str, object]:
    """What is global in the process."""
    return {
        "torch's settings": (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_num_threads(),
            torch.is_anomaly_enabled(),
        ),
        "numpy's error settings": np.geterr(),
        "the environment": dict(_environment),
        "the working folder": os.getcwd(),
        "files in the working folder": sorted((e.name, e.stat(follow_symlinks=False).st_mtime_ns) for e in os.scandir()),
        "threads": threading.active_count(),
        "processes": _children(),
    }


def _children() -> int:
    """How many child processes there are; what they in turn started is a child of one of them, or of process 1 after it."""
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/children", "rb") as children:
            return len(children.read().split())
    except OSError:  # no such file on this kernel: then only what a waitpid would tell
        return 0
