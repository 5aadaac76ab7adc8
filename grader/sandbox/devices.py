"""Code that asks for a GPU, on a machine that has none: it runs on the CPU.

`model.cuda()` is how thousands of notebooks begin; whether a GPU is there is the machine's business, not the answer's. Nothing is
patched where there is a GPU, or where the code does not mention one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch

from grader.sandbox.inert import INERT

__all__ = ["run_on_the_cpu"]

_MENTIONED = re.compile(r"\bcuda\b|\bmps\b|\bxpu\b")
_ABSENT = ("cuda", "mps", "xpu")
_CPU = torch.device("cpu")
_FACTORIES = (
    "arange", "as_tensor", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace", "normal", "ones", "ones_like",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "tensor", "zeros", "zeros_like",
)  # fmt: skip
_TYPES = ("Float", "Double", "Half", "BFloat16", "Byte", "Char", "Short", "Int", "Long", "Bool")
_QUIET = {  # torch.cuda's functions, and what they say where nothing is there
    "current_device": 0, "device_count": 0, "empty_cache": None, "get_device_capability": (0, 0), "get_device_name": "no GPU",
    "get_device_properties": INERT, "init": None, "ipc_collect": None, "manual_seed": None, "manual_seed_all": None,
    "max_memory_allocated": 0, "max_memory_reserved": 0, "memory_allocated": 0, "memory_reserved": 0, "memory_summary": "",
    "mem_get_info": (0, 0), "reset_max_memory_allocated": None, "reset_peak_memory_stats": None, "set_device": None,
    "synchronize": None, "Event": INERT, "Stream": INERT,
}  # fmt: skip


def run_on_the_cpu(sources: Sequence[str]) -> bool:
    """Have this process take every GPU for the CPU, for good, if these sources mention one and there is none. Tells whether it did."""
    if getattr(torch.Tensor.cuda, "_on_the_cpu", False):
        return True
    if not any(map(_MENTIONED.search, sources)) or torch.cuda.is_available() or torch.backends.mps.is_available():
        return False
    for owner in (torch.Tensor, torch.nn.Module):
        for name in ("cuda", "xpu"):
            setattr(owner, name, _stays)
        for name in ("to", "type"):
            setattr(owner, name, _redirected(getattr(owner, name), number_is_device=name == "to"))
    for name in _FACTORIES:
        setattr(torch, name, _redirected(getattr(torch, name)))
    torch.load = _loading(torch.load)
    for name, answer in _QUIET.items():
        setattr(torch.cuda, name, _saying(answer))
    for name in _TYPES:
        setattr(torch.cuda, f"{name}Tensor", getattr(torch, f"{name}Tensor"))
    return True


def _stays(self: Any, *_: Any, **__: Any) -> Any:
    """Where it is."""
    return self


_stays._on_the_cpu = True  # type: ignore[attr-defined]


def _here(value: Any) -> Any:
    """The value, or the CPU if it names a device or a type of tensor that is not here."""
    if isinstance(value, torch.device):
        return _CPU if value.type in _ABSENT else value
    if isinstance(value, str) and value.startswith((*_ABSENT, "torch.cuda.")):
        return value.replace("torch.cuda.", "torch.", 1) if value.startswith("torch.") else _CPU
    return value


def _is_number(value: Any) -> bool:
    """Whether this is a GPU by its number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _redirected(function: Callable[..., Any], *, number_is_device: bool = False) -> Callable[..., Any]:
    @functools.wraps(function)
    def redirected(*args: Any, **kwargs: Any) -> Any:
        if "device" in kwargs:
            kwargs["device"] = _CPU if _is_number(kwargs["device"]) else _here(kwargs["device"])
        if number_is_device and len(args) > 1 and _is_number(args[1]):
            args = (args[0], _CPU, *args[2:])
        return function(*map(_here, args), **kwargs)

    return redirected


def _loading(load: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(load)
    def loading(f: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
        where = _here(map_location)
        return load(f, _CPU if where is None else where, *args, **kwargs)

    return loading


def _saying(answer: Any) -> Callable[..., Any]:
    return lambda *_, **__: answer
