"""Calls that are captured while a submission is imported, and the answers that come of them.

A captured call does not run: what it received is kept, with its place. After the import each declared answer is looked for among what was
kept. Student code shares this process and could record whatever it likes; all that it could gain by that is another answer of its own.
"""

from __future__ import annotations

import copy
import fnmatch
import functools
import importlib
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch

from grader.flow import NO_SECTION, Answer, Flow, Parameter, parse_call
from grader.sandbox.inert import INERT, Inert

__all__ = ["Captures"]

MAX_KEPT = 100
MAX_COPIED = 64 << 20  # bytes of tensors in all; what is over it is kept as it is, not as it was at the call


class Captured:
    """What one call received: the values themselves, and as they were at the call."""

    def __init__(self, name: str, values: dict[str, Any], then: dict[str, Any], section: str, place: str, order: int) -> None:
        self.name = name
        self.values = values
        self.then = then
        self.section = section
        self.place = place
        self.order = order
        self.fits: list[Answer] = []

    def same_as(self, other: Captured, names: Iterable[str]) -> bool:
        return self.name == other.name and all(self.values[name] is other.values[name] for name in names)


class Captures:
    """Records calls of the declared functions. `where()` tells (section, "cell 4, line 2") of what runs now."""

    def __init__(self, flow: Flow, namespace: dict[str, Any], where: Callable[[], tuple[str, str]]) -> None:
        self.flow = flow
        self.namespace = namespace
        self.where = where
        self.calls = {name: (parameters, calls.also) for calls in flow.calls for name, parameters in [parse_call(calls.call)]}
        self.kept: list[Captured] = []
        self.seen: dict[str, int] = {}  # how often each captured function was called
        self.order = 0
        self.room = MAX_COPIED
        self.originals: dict[int, tuple[Any, Any]] = {}  # id of a recorder -> it, and the function for which it stands
        self.notes: list[str] = []
        self.methods = [pattern.split(".") for pattern in flow.skip if "." in pattern]
        self.patched: list[tuple[type, str, Any]] = []
        self.over = False

    # --- standing in ----------------------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Bind the declared names beforehand: the cell that defines a function may be gone, and its calls still count."""
        for name in (*self.calls, *(pattern for pattern in self.flow.skip if pattern.isidentifier())):
            if name not in self.namespace:
                self.namespace[name] = self.stand_in(name, None)

    def wants(self, name: str) -> bool:
        """Whether a function of that name is captured or left out."""
        return name in self.calls or any(fnmatch.fnmatchcase(name, pattern) for pattern in self._patterns())

    def _patterns(self) -> Iterable[str]:
        yield from self.flow.skip
        for _, also in self.calls.values():
            yield from also

    def stand_in(self, name: str, function: Any) -> Any:
        """What is bound to a name in the place of the student's function, which stays what it is if it is not meant."""
        if id(function) in self.originals or (function is not None and not callable(function)):
            return function
        if name in self.calls:
            return self._recorder(name, self.calls[name][0], function)
        for call, (parameters, also) in self.calls.items():
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in also) and _takes(function, parameters):
                return self._recorder(call, parameters, function)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.flow.skip) and _is_function(function):
            return self._standing_for(function, lambda args, kwargs: INERT)  # noqa: ARG005 - nothing is kept of them
        return function

    def _recorder(self, call: str, parameters: Sequence[Parameter], function: Any) -> Any:
        def record(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
            self._keep(call, _arguments(parameters, function, args, kwargs))
            return INERT

        return self._standing_for(function, record)

    def _standing_for(self, function: Any, instead: Callable[[Sequence[Any], Mapping[str, Any]], Any]) -> Any:
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if self.over and function is not None:  # kept in a list, a partial, a default: it is the function again
                return function(*args, **kwargs)
            return instead(args, kwargs)

        if function is not None:
            functools.update_wrapper(stand_in, function)
        self.originals[id(stand_in)] = stand_in, function
        return stand_in

    def replace_bound(self) -> None:
        """Have recorders stand where names were bound in another way than by a `def`, by an import or an assignment; and for methods."""
        for name in self.calls:
            if (value := self.namespace.get(name)) is not None:
                self.namespace[name] = self.stand_in(name, value)
        for owner, name in self.methods:
            cls = self.namespace.get(owner)
            if not isinstance(cls, type):
                continue
            method = vars(cls).get(name)
            if isinstance(method, types.FunctionType) and id(method) not in self.originals:
                setattr(cls, name, self.stand_in(f"{owner}.{name}", method))
                self.patched.append((cls, name, method))

    def unbind(self) -> None:
        """Put the submission's own functions back."""
        self.over = True
        for cls, name, method in self.patched:
            setattr(cls, name, method)
        for name, value in list(self.namespace.items()):
            if id(value) in self.originals:
                own = self.originals[id(value)][1]
                if own is None:
                    del self.namespace[name]
                else:
                    self.namespace[name] = own

    # --- keeping --------------------------------------------------------------------------------------------------------------

    def _keep(self, call: str, values: dict[str, Any]) -> None:
        self.seen[call] = self.seen.get(call, 0) + 1
        self.order += 1
        section, place = self.where()
        self._add(Captured(call, values, values, section, place, self.order))

    def keep_variables(self, section: str, before: Mapping[str, Any], place: str) -> None:
        """At the end of a section: keep the variables that an answer without a call is made of, if the section has set them."""
        for answer in self.flow.answers:
            if answer.call or answer.section != section:
                continue
            values = {name: self.namespace.get(name) for name in answer.gives}
            if values[answer.gives[0]] is not before.get(answer.gives[0]):
                self.order += 1
                self._add(Captured("", values, values, section, place, self.order))

    def _add(self, captured: Captured) -> None:
        fitting = [answer for answer in self.flow.answers if self._fits(answer, captured)]
        if not fitting:
            return
        names = {name for answer in fitting for name in answer.gives}
        captured.fits = fitting
        captured.then = self._copied({name: captured.values[name] for name in names})
        captured.values = {name: captured.values[name] for name in names}  # nothing else is kept alive
        if len(self.kept) >= MAX_KEPT:
            del self.kept[MAX_KEPT // 2]
        self.kept.append(captured)

    def _copied(self, values: dict[str, Any]) -> dict[str, Any]:
        size = sum(map(_bytes_of, values.values()))
        if size > self.room:
            return values
        self.room -= size
        return _copy(values)

    def _fits(self, answer: Answer, captured: Captured) -> bool:
        if captured.name != answer.call or (answer.section and captured.section != answer.section):
            return False
        if any(captured.values.get(name) is None or isinstance(captured.values[name], Inert) for name in answer.gives):
            return False  # left open, or itself what a call that was not run has given
        values = captured.values
        if any(self._is(values.get(name), unwanted) for name, unwanted in answer.unlike.items()):
            return False
        if any(self._holds(values.get(name), layer, None) for name, layers in answer.lacks.items() for layer in layers):
            return False
        return all(self._is(values.get(name), wanted) for name, wanted in answer.where.items()) and all(
            self._holds(values.get(name), wanted, answer.exactly.get(name)) for name, wanted in answer.holds.items()
        )

    def _is(self, value: Any, wanted: str) -> bool:
        """Whether the value is the submission's function of that name, or an instance of the class of that name."""
        if "." in wanted:
            cls = _library_class(wanted)
            return cls is not None and isinstance(value, cls)
        if value is self.namespace.get(wanted) or getattr(value, "__name__", None) == wanted:
            return True
        return any(cls.__name__ == wanted for cls in type(value).__mro__)

    def _holds(self, value: Any, wanted: str, exactly: int | None) -> bool:
        number = sum(self._is(layer, wanted) for layer in value.modules()) if isinstance(value, torch.nn.Module) else 0
        return number > 0 if exactly is None else number == exactly

    # --- answering ------------------------------------------------------------------------------------------------------------

    def answer(self, module: types.ModuleType, *, in_sections: bool) -> None:
        """Define what the submission does not: for each declared answer, a function that returns what was captured for it."""
        chosen: dict[str, tuple[Captured, Answer] | None] = {}
        for answer in self.flow.answers:
            if answer.name in self.namespace or chosen.get(answer.name):
                continue
            chosen[answer.name] = self._choose(answer, chosen, in_sections=in_sections)
        for name, found in chosen.items():
            if found is not None:
                captured, answer = found
                function = _returning(name, {key: captured.then[key] for key in answer.gives}, module.__name__)
                self.namespace[name] = function
                what = f"{captured.name} received" if captured.name else "the variables held"
                again = [
                    other.place for other in self.kept if other.same_as(captured, answer.gives) and other.place != captured.place
                ]
                where = f"{captured.place}, and again in {again[-1]}" if again else captured.place
                self.notes.append(f"{name}: taken from what {what} in {where} ({', '.join(answer.gives)}).")

    def _choose(
        self, answer: Answer, chosen: Mapping[str, tuple[Captured, Answer] | None], *, in_sections: bool
    ) -> tuple[Captured, Answer] | None:
        if answer.section == NO_SECTION and in_sections:
            return None  # headings are there, and where they are they decide
        taken = [found[0] for found in chosen.values() if found is not None and found[1].gives == answer.gives]
        fitting = [captured for captured in self.kept if answer in captured.fits]
        fitting = [captured for captured in fitting if not any(captured.same_as(other, answer.gives) for other in taken)]
        for other, wanted in ((answer.after, 1), (answer.before, -1)):
            if other:
                mark = chosen.get(other)
                if mark is None:
                    return None
                fitting = [captured for captured in fitting if (captured.order - mark[0].order) * wanted > 0]
        if not fitting:
            return None
        best = fitting[0 if answer.pick == "first" else -1]
        same = [captured for captured in fitting if captured.same_as(best, answer.gives)]
        if len(fitting) > len(same):
            places = ", ".join([*dict.fromkeys(captured.place for captured in fitting)][:5])
            self.notes.append(f"{answer.name}: {len(fitting)} calls fit ({places}): the {answer.pick} one counts.")
        return same[0], answer  # of several calls with the same things, the first: then they were as they had been made


def _takes(function: Any, parameters: Sequence[Parameter]) -> bool:
    """Whether a function has all the required parameters, by name."""
    if not _is_function(function):
        return False
    try:
        own = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return all(parameter.name in own for parameter in parameters if parameter.required)


def _is_function(value: Any) -> bool:
    return value is None or isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType))


def _arguments(parameters: Sequence[Parameter], function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Parameter -> what it received: by the student's own signature, and by place where the names are other ones."""
    given: dict[str, Any] = {}
    if function is not None:
        try:
            bound = inspect.signature(function).bind(*args, **kwargs)
            bound.apply_defaults()
            given = dict(bound.arguments)
        except (TypeError, ValueError):
            given = {}
    values = {}
    for index, (name, _) in enumerate(parameters):
        if name in given or name in kwargs:
            values[name] = given.get(name, kwargs.get(name))
        elif index < len(args):
            values[name] = args[index]
    return values


def _library_class(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
    return found if isinstance(found, type) else None


def _bytes_of(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, torch.nn.Module):
        return sum(map(_bytes_of, [*value.parameters(), *value.buffers()]))
    if isinstance(value, (list, tuple)):
        return sum(map(_bytes_of, value))
    if isinstance(value, dict):
        return sum(map(_bytes_of, value.values()))
    return 0


def _copy(values: dict[str, Any]) -> dict[str, Any]:
    """Copies that hang together as the values do (an optimizer's parameters are the model's), or the values where none can be made."""
    try:
        return copy.deepcopy(values)
    except Exception:  # noqa: BLE001 - of a tensor that is no leaf, of whatever a student's class does when it is copied
        return values


def _returning(name: str, values: dict[str, Any], module: str) -> Callable[[], Any]:
    """A function that gives these values, copied for each caller: a check that trains a model leaves the next one's alone."""
    alone = len(values) == 1

    def answer() -> Any:
        fresh = _copy(values)
        return next(iter(fresh.values())) if alone else tuple(fresh.values())

    answer.__name__ = answer.__qualname__ = name
    answer.__module__ = module  # as if the submission had defined it: what checks leave behind in it is noticed
    return answer
