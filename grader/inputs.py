"""The judgement that a function left its arguments as they were."""

from __future__ import annotations

from typing import Any

import msgspec

from grader.errors import CheckFailed
from grader.messages import Array, Items, Mapping, Reference, Value
from grader.student import Remote, call_and_echo, sent_form

__all__ = ["assert_unchanged"]


def assert_unchanged(function: Remote, *args: Any, what: str | None = None, **kwargs: Any) -> Any:
    """Call the student's function and fail if it changed an argument; returns its value.

    Arrays, tensors and containers are compared bit by bit, as they were sent and as they came back; handles are not looked at.
    """
    what = what or repr(function).removeprefix("student.")
    value, args_after, kwargs_after = call_and_echo(function, *args, **kwargs)
    before = {**{f"argument {i}": v for i, v in enumerate(args, 1)}, **{f"argument {name}": v for name, v in kwargs.items()}}
    after = [*args_after, *kwargs_after.values()]
    for (name, old), new in zip(before.items(), after, strict=True):
        if _content(sent_form(function, old)) != _content(sent_form(function, new)):
            raise CheckFailed(
                f"{what} changes its {name}.", hint="Work on a copy, or use operations that make a new array.", evidence=new
            )
    return value


def _content(value: Value) -> object:
    """What of a value would be a change: its kind, shape, type and numbers; of a handle, nothing."""
    match value:
        case Reference():
            return "a handle"
        case Array():  # asking for a gradient with respect to an argument does not change it
            return msgspec.structs.replace(value, requires_grad=False)
        case Items(kind="set"):
            return frozenset(map(repr, value.items))  # in no order of its own
        case Items():
            return value.kind, [_content(item) for item in value.items]
        case Mapping():
            return [(_content(key), _content(item)) for key, item in value.items]
        case float():
            return value.hex()  # nan is nan
    return type(value), value
