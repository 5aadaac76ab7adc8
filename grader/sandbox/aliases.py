"""Names of modules that a later cell has used for something else: `import torch.nn.functional as F`, and below it `F = 3`.

When the functions above ran, `F` was the module; when the checks call them, it is 3. A notebook lives with that as long as nobody runs its
cells again, and the checks do.
"""

from __future__ import annotations

import dis
import itertools
import types
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["modules_in", "restore_modules"]


def modules_in(namespace: Mapping[str, Any], names: set[str]) -> dict[str, types.ModuleType]:
    """Those of the names that stand for modules now."""
    return {name: value for name in names if isinstance(value := namespace.get(name), types.ModuleType)}


def restore_modules(namespace: dict[str, Any], imported: Mapping[str, types.ModuleType], own: str) -> list[str]:
    """Bind a name to its module again where functions of the module `own` want the module of it, and none wants anything else.

    Returns the names.
    """
    restored = []
    for name, module in imported.items():
        value = namespace.get(name, module)
        if isinstance(value, types.ModuleType) or getattr(value, "__module__", None) == own:
            continue
        uses = [attribute for code in _codes(namespace, own) for attribute in _uses(code, name)]
        if uses and all(use and hasattr(module, use) for use in uses) and not all(use and hasattr(value, use) for use in uses):
            namespace[name] = module
            restored.append(name)
    return restored


def _codes(namespace: Mapping[str, Any], own: str) -> Iterator[types.CodeType]:
    """The code of every function and method that the module defines, with that of functions inside."""
    things = [value for value in namespace.values() if getattr(value, "__module__", None) == own]
    methods = [value for thing in things if isinstance(thing, type) for value in vars(thing).values()]
    todo = [thing.__code__ for thing in (*things, *methods) if isinstance(thing, types.FunctionType)]
    while todo:
        code = todo.pop()
        yield code
        todo += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _uses(code: types.CodeType, name: str) -> Iterator[str]:
    """The attribute that is asked of the global `name` at each of its uses; empty where it is used in another way."""
    if name not in code.co_names:
        return
    instructions = [one for one in dis.get_instructions(code) if one.opname not in ("CACHE", "EXTENDED_ARG")]
    for one, following in itertools.pairwise(instructions):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME") and one.argval == name:
            yield str(following.argval) if following.opname in ("LOAD_ATTR", "LOAD_METHOD") else ""
