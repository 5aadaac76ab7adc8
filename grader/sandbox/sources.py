"""The submission's sources in the student's process: files on disk, units as code, probes as functions."""

from __future__ import annotations

import linecache
import marshal
import os
import re
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from grader.errors import ProtocolError
from grader.messages import Failure, Unit

__all__ = ["MissingName", "compile_unit", "define_probe", "imported_by_another", "module_for", "write_files"]


class MissingName(AttributeError):
    """The submission does not define what a check asks for, perhaps because its file could not be imported."""

    def __init__(self, name: str, failures: Sequence[tuple[str, Failure]]) -> None:
        super().__init__(f"nothing called `{name}` is defined")
        self.wanted = name
        # a file that failed is to blame only if the name stands in it
        self.failures = tuple(failure for source, failure in failures if re.search(rf"\b{re.escape(name)}\b", source))


def write_files(files: Sequence[tuple[str, bytes]]) -> None:
    """Write files below the working folder. The names were made safe by the reader of the submission; not to be trusted twice."""
    for name, data in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ProtocolError(f"{name!r} leaves the working folder")
        target = Path(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def imported_by_another(name: str) -> types.ModuleType | None:
    """The module of that name, if a file that ran before has imported it from the working folder."""
    module = sys.modules.get(name)
    return module if module is not None and getattr(module, "__file__", None) == os.path.abspath(f"{name}.py") else None


def module_for(name: str) -> types.ModuleType:
    """An empty module of that name, which `import name` finds from now on."""
    module = types.ModuleType(name)
    module.__file__ = os.path.abspath(f"{name}.py")
    sys.modules[name] = module
    return module


def compile_unit(unit: Unit) -> types.CodeType:
    """The unit's code; its lines are found again by tracebacks and by `inspect.getsource`."""
    linecache.cache[unit.label] = (len(unit.source), None, unit.source.splitlines(keepends=True), unit.label)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is no reason to fill the log
        return compile(unit.source, unit.label, "exec", dont_inherit=True)


def define_probe(name: str, code: bytes) -> Callable[..., Any]:
    """The function of that name that the grader's code defines, with torch, nn, F and np at hand."""
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "np": np, "__name__": "probe"}
    exec(marshal.loads(code), namespace)  # noqa: S102 - the grader's own code
    function = namespace[name]
    assert callable(function)
    return function  # type: ignore[no-any-return]
