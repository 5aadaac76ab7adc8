"""Classes that a notebook defines more than once: `class Net` for one question, and `class Net` again for another.

In the notebook each was there when its part ran. The checks come after all of them and would find the last one alone, so that which is
which has to be told: by what it takes.
"""

from __future__ import annotations

import contextlib
import re
import types
from collections.abc import Callable, Sequence
from typing import Any

import torch

from grader.flow import Definition

__all__ = ["TOLD_APART", "Classes"]

TOLD_APART = "__told_apart__"  # in a module: name -> what the checks get for it in place of what the name is bound to
_SHARE = 0.1  # of the time that is left, for one class to be tried
_MOST_TRIED = 8  # of one name, the latest: a notebook's cell may define a class in a loop

Limited = Callable[[float], contextlib.AbstractContextManager[None]]


class Classes:
    """The classes of the names that `definitions` speak of, in the order in which they were defined."""

    def __init__(self, definitions: Sequence[Definition], namespace: dict[str, Any]) -> None:
        self.definitions = definitions
        self.namespace = namespace
        self.names = {definition.called or definition.name for definition in definitions}
        self.defined: dict[str, list[tuple[Any, str]]] = {}  # name -> the classes, and " of cell 3, line 2"
        self.tried: dict[tuple[int, tuple[int, ...]], bool] = {}

    def several(self, sources: Sequence[str]) -> bool:
        """Whether any of the names is a class's more than once, so that its definitions have to be watched."""
        return any(
            sum(len(re.findall(rf"^class[ \t]+{name}\b", source, re.MULTILINE)) for source in sources) > 1 for name in self.names
        )

    def note(self, name: str, place: str) -> None:
        """A class of that name has been defined, at `place`."""
        if name in self.names:
            self.defined.setdefault(name, []).append((self.namespace.get(name), f" of {place}"))

    def tell_apart(self, limited: Limited) -> list[str]:
        """Give each declared name the last class that takes its input; returns notes. `limited(share)` bounds the time spent in it.

        What the submission calls so stays, right or wrong, but for a class that another one of that name has displaced which is
        another declared name's by what it takes.
        """
        notes = []
        for definition in self.definitions:
            name, called = definition.name, definition.called or definition.name
            last = self.namespace.get(called)
            if getattr(last, "__module__", None) != self.namespace.get("__name__"):
                continue  # none of this module's own
            candidates = self.defined.get(called, [(last, "")])[-_MOST_TRIED:]
            if name in self.namespace and (
                called != name or len(candidates) < 2 or not self._of_another(last, definition, limited)
            ):
                continue
            for cls, _ in candidates:
                if cls is not last:
                    _know_itself(cls, called, self.namespace)
            fitting = [(cls, place) for cls, place in candidates if self._takes(cls, definition.takes, limited)]
            if not fitting or fitting[-1][0] is self.namespace.get(name):
                continue
            cls, place = fitting[-1]
            if name in self.namespace:  # functions of the submission's may mean the later one
                self.namespace.setdefault(TOLD_APART, {})[name] = cls
            else:
                self.namespace[name] = cls
            shape = "×".join(map(str, definition.takes))
            notes.append(f"{name}: the class {called}{place} was taken, for it takes an input of {shape}.")
        return notes

    def _of_another(self, cls: Any, definition: Definition, limited: Limited) -> bool:
        """Whether a class under this definition's name is what another one describes, and not what this one does."""
        others = [other for other in self.definitions if other is not definition and other.called == definition.name]
        return any(self._takes(cls, other.takes, limited) for other in others) and not self._takes(cls, definition.takes, limited)

    def _takes(self, cls: Any, shape: tuple[int, ...], limited: Limited) -> bool:
        """Whether what the class makes, without arguments, takes an input of that shape."""
        key = id(cls), shape
        if key not in self.tried:
            try:
                with limited(_SHARE), torch.no_grad():
                    cls()(torch.zeros(shape))
                self.tried[key] = True
            except BaseException:  # noqa: BLE001 - whatever a student's class raises, and the end of its time: it takes no such input
                self.tried[key] = False
        return self.tried[key]


def _know_itself(cls: Any, name: str, namespace: dict[str, Any]) -> None:
    """Have a class's methods find the class itself under its name, which another has now: `super(Net, self)` means this one."""
    own_view = {**namespace, name: cls}
    for key, method in list(vars(cls).items()) if isinstance(cls, type) else ():
        if isinstance(method, types.FunctionType):
            own = types.FunctionType(method.__code__, own_view, method.__name__, method.__defaults__, method.__closure__)
            own.__kwdefaults__, own.__dict__ = method.__kwdefaults__, method.__dict__
            own.__qualname__, own.__module__, own.__doc__ = method.__qualname__, method.__module__, method.__doc__
            own.__annotations__ = method.__annotations__
            setattr(cls, key, own)
