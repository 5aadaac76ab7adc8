"""The submission's sources in the student's process: files on disk, units as code, probes as functions."""

from __future__ import annotations

import ast
import itertools
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

__all__ = ["MissingName", "compile_unit", "define_probe", "imported_by_another", "module_for", "parse_unit", "write_files"]


class MissingName(AttributeError):
    """The submission does not define what a check asks for, perhaps because its file could not be imported."""

    def __init__(self, name: str, failures: Sequence[tuple[str, Failure]], call: str = "") -> None:
        super().__init__(f"nothing called `{name}` is defined")
        self.wanted = name
        self.call = call  # of which function would answer it, too
        # a file that failed is to blame only if it would have bound the name
        this = re.escape(name)
        assigned = rf"^[^\n#(=]*(?<![.\w]){this}\b[^\n(=]*=(?!=)"
        binds = re.compile(rf"\b(?:def|class|as)[ \t]+{this}\b|\bimport\b[^\n]*(?:\b{this}\b|\*)|{assigned}", re.MULTILINE)
        self.failures = tuple(failure for source, failure in failures if binds.search(source))
        unread = [failure for _, failure in failures if {"SyntaxError"} & {*failure.types}]
        self.unread = tuple(failure for failure in unread if failure not in self.failures)  # nobody knows what stands there
        self.at_the_call = tuple(failure for source, failure in failures if call and re.search(rf"\b{re.escape(call)}\b", source))


def write_files(files: Sequence[tuple[str, bytes]]) -> None:
    """Write files below the working folder. The names were made safe by the reader of the submission; not to be trusted twice."""
    for name, data in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ProtocolError(f"{name!r} leaves the working folder")
        target = Path(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def imported_by_another(name: str, aliases: Sequence[str] = ()) -> types.ModuleType | None:
    """The module of one of those names, if a file that ran before has imported it from the working folder."""
    for one in (name, *aliases):
        module = sys.modules.get(one)
        if module is not None and getattr(module, "__file__", None) == os.path.abspath(f"{one.replace('.', '/')}.py"):
            return module
    return None


def module_for(name: str, aliases: Sequence[str] = ()) -> types.ModuleType:
    """An empty module of that name, which `import name` finds from now on, under each of its names."""
    module = types.ModuleType(name)
    module.__file__ = os.path.abspath(f"{name}.py")
    sys.modules[name] = module
    for alias in aliases:
        sys.modules.setdefault(alias, module)
    return module


def compile_unit(unit: Unit) -> types.CodeType:
    """The unit's code; its lines are found again by tracebacks and by `inspect.getsource`."""
    remember_lines(unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string is no reason to fill the log
        return compile(unit.source, unit.label, "exec", dont_inherit=True)


def parse_unit(unit: Unit) -> ast.Module:
    """The unit's syntax tree; its lines are found again, too."""
    remember_lines(unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = compile(unit.source, unit.label, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def remember_lines(unit: Unit) -> None:
    """Keep the unit's lines for tracebacks. Parts of one file have its name and begin with blank lines: together they are the file."""
    lines = unit.source.splitlines(keepends=True)
    known = linecache.cache.get(unit.label)
    if known is not None and len(known) == 4 and unit.source.startswith("\n"):
        lines = [new if new.strip() else old for old, new in itertools.zip_longest(known[2], lines, fillvalue="\n")]
    linecache.cache[unit.label] = (sum(map(len, lines)), None, lines, unit.label)


def define_probe(name: str, code: bytes) -> Callable[..., Any]:
    """The function of that name that the grader's code defines, with torch, nn, F and np at hand."""
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "np": np, "__name__": "probe"}
    exec(marshal.loads(code), namespace)  # noqa: S102 - the grader's own code
    function = namespace[name]
    assert callable(function)
    return function  # type: ignore[no-any-return]
