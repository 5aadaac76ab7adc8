"""The judgement that a function left its arguments as they were."""

from __future__ import annotations

from typing import Any

from grader.compare import assert_close, assert_equal
from grader.errors import CheckFailed
from grader.student import Remote, call_and_echo
from grader.values import read

__all__ = ["assert_unchanged"]


def assert_unchanged(function: Remote, *args: Any, what: str | None = None, **kwargs: Any) -> Any:
    """Call the student's function and fail if it changed an argument; returns its value.

    Arrays and tensors are compared value by value, everything else as a whole; handles are not looked at.
    """
    what = what or repr(function).removeprefix("student.")
    value, args_after, kwargs_after = call_and_echo(function, *args, **kwargs)
    before = {**{f"argument {i}": v for i, v in enumerate(args, 1)}, **{f"argument {name}": v for name, v in kwargs.items()}}
    after = [*args_after, *kwargs_after.values()]
    for (name, old), new in zip(before.items(), after, strict=True):
        if not _same(old, new):
            raise CheckFailed(
                f"{what} changes its {name}.", hint="Work on a copy, or use operations that make a new array.", evidence=new
            )
    return value


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Remote):
        return True
    try:
        if read(old) is not None:
            assert_close(new, old, rtol=0.0, atol=0.0, equal_nan=True)
        else:
            assert_equal(new, old)
    except CheckFailed:
        return False
    return True
