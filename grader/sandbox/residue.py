"""What a check leaves behind in the student's process: a fingerprint before, a fingerprint after.

Checks of one submission share a process while each leaves it as it found it; the first that does not is the last in it, and the next
check starts from a fresh copy. That gives every check a clean process for a fraction of what a fork for each would cost. The
fingerprint covers what student code can reach without trying to hide: the values, attributes, defaults and closures of everything in
its modules, patched library functions, torch's and numpy's global settings, environment, working folder, threads and processes.
Random generators are not in it: they are seeded before every check.
"""

from __future__ import annotations

import builtins
import functools
import os
import threading
import types
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

__all__ = ["fingerprint"]

MAX_NODES = 20_000  # a namespace with more in it is not compared: the check then gets a process of its own
MAX_BYTES = 1 << 20  # of one array

_PATCHABLE: tuple[Any, ...] = (
    torch, torch.Tensor, torch.nn, torch.nn.Module, torch.nn.functional, torch.optim, torch.optim.Optimizer, torch.autograd,
    torch.utils.data, np, np.random, builtins,
)  # fmt: skip


def fingerprint(modules: Iterable[types.ModuleType]) -> dict[str, object] | None:
    """What can have been left behind, by name; equal fingerprints mean nothing was. None: too much to compare."""
    modules = list(modules)
    walk = _Walk({module.__name__ for module in modules})
    try:
        parts: dict[str, object] = {}
        for module in modules:
            for name, value in list(vars(module).items()):
                if not name.startswith("__"):
                    parts[f"{module.__name__}.{name}"] = walk.node(value)
    except _TooMuch:
        return None
    parts["a library's functions"] = hash(tuple(_identities(place) for place in _PATCHABLE))
    parts["torch's settings"] = (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_num_threads(),
        torch.is_anomaly_enabled(),
    )
    parts["numpy's error settings"] = tuple(np.geterr().values())
    parts["the environment"] = hash(tuple(sorted(os.environ.items())))
    parts["the working folder"] = os.getcwd()
    parts["files in the working folder"] = tuple(sorted((e.name, e.stat(follow_symlinks=False).st_mtime_ns) for e in os.scandir()))
    parts["threads"] = threading.active_count()
    parts["processes"] = _children()
    return parts


def _children() -> int:
    """How many child processes there are; what they in turn started is a child of one of them, or of process 1 after it."""
    try:
        with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as children:
            return len(children.read().split())
    except OSError:  # no such file on this kernel: then only what a waitpid would tell
        return 0


def _identities(place: Any) -> int:
    return hash(tuple(map(id, list(vars(place).values()))))


class _TooMuch(Exception):
    pass


class _Walk:
    """Turns objects into hashes, following what a student's code can change in place."""

    def __init__(self, modules: set[str]) -> None:
        self.modules = modules  # the names under which the student's code was imported
        self.seen: dict[int, object] = {}
        self.alive: list[object] = []  # keeps temporaries alive, so that no id is used twice in one walk

    def node(self, value: Any) -> int:
        kind = type(value)
        if value is None or kind in (bool, int, str, bytes, complex):
            return hash((kind, value))
        if kind is float:
            return hash((kind, value.hex()))
        if id(value) in self.seen:
            return hash(("seen", self.seen[id(value)]))
        if len(self.seen) >= MAX_NODES:
            raise _TooMuch
        self.seen[id(value)] = len(self.seen)
        self.alive.append(value)
        return hash((kind.__name__, id(value), self._inside(value)))

    def _inside(self, value: Any) -> object:
        if isinstance(value, types.ModuleType):
            return 0  # its own fingerprint is taken apart, or it is a library's
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray):
            return hash(value.tobytes()) if value.nbytes <= MAX_BYTES and not value.dtype.hasobject else self._give_up()
        if isinstance(value, dict):
            return self._pairs(list(dict.items(value)))
        if isinstance(value, (list, tuple)):
            return tuple(self.node(v) for v in value)
        if isinstance(value, (set, frozenset)):
            return hash(frozenset(self.node(v) for v in value))
        if isinstance(value, functools._lru_cache_wrapper):
            return value.cache_info().currsize
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, (staticmethod, classmethod)):
            return self.node(value.__func__)
        if isinstance(value, property):
            return tuple(self.node(f) for f in (value.fget, value.fset, value.fdel))
        if isinstance(value, types.MethodType):
            return (self.node(value.__self__), self.node(value.__func__))
        if isinstance(value, type):
            # a library's class is watched under _PATCHABLE or not at all; following it would walk the library
            return self._pairs(list(vars(value).items())) if self._is_students(value) else 0
        inside = getattr(value, "__dict__", None)
        return self._pairs(list(inside.items())) if isinstance(inside, dict) else 0

    def _pairs(self, items: list[tuple[Any, Any]]) -> tuple[int, ...]:
        return tuple(hash((self.node(k), self.node(v))) for k, v in items if k not in ("__weakref__", "__dict__", "__builtins__"))

    def _function(self, function: types.FunctionType) -> object:
        if not self._is_students(function):
            return id(function.__code__)
        cells = tuple(self.node(cell.cell_contents) for cell in function.__closure__ or () if _is_filled(cell))
        return (
            id(function.__code__),
            self.node(function.__defaults__),
            self.node(function.__kwdefaults__),
            self._pairs(list(vars(function).items())),
            cells,
        )

    def _tensor(self, tensor: torch.Tensor) -> object:
        if tensor.numel() * tensor.element_size() > MAX_BYTES or tensor.layout != torch.strided:
            return self._give_up()
        with torch._C.DisableTorchFunctionSubclass():
            grad = tensor.grad if tensor.is_leaf else None
            data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        return (hash(data), tensor.requires_grad, None if grad is None else self.node(grad))

    def _give_up(self) -> int:
        raise _TooMuch

    def _is_students(self, thing: Any) -> bool:
        return getattr(thing, "__module__", None) in self.modules


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True
