"""The options that several commands share, and the sentences for values that they do not take."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from cyclopts import Parameter, Token

from grader.errors import UsageError

__all__ = ["Course", "Device", "Jobs", "ProfileName", "Sandbox", "whole"]


def whole(least: int) -> Callable[[Any, Sequence[Token]], int]:
    """Takes whole numbers from `least` on; cyclopts itself rounds 1.5."""

    def convert(_kind: Any, tokens: Sequence[Token]) -> int:
        (token,) = tokens
        with contextlib.suppress(ValueError):
            if (found := int(token.value)) >= least:
                return found
        raise UsageError(f"{token.keyword}: expected a whole number of {least} or more, found {token.value}.")

    return convert


def _device(kind: Any, tokens: Sequence[Token]) -> str:
    """One of the choices; of `gpu`, cyclopts guesses that cpu is meant."""
    (token,) = tokens
    if token.value in get_args(kind):
        return token.value
    listed = ", ".join("cuda (a GPU)" if choice == "cuda" else choice for choice in get_args(kind))
    raise UsageError(f"{token.keyword}: expected one of {listed}, found {token.value}.")


Sandbox = Annotated[
    Literal["auto", "none"],
    Parameter(help="auto: lock student code in, refuse where that is impossible; none: run it without walls"),
]
Device = Annotated[Literal["auto", "cpu", "cuda"], Parameter(converter=_device)]
ProfileName = Annotated[Literal["cpu", "cuda"], Parameter(converter=_device)]
Jobs = Annotated[int, Parameter(name=["--jobs", "-j"], converter=whole(0))]
Course = Annotated[Path | None, Parameter(help="the folder with assignments/ and reference/ (default: found from here upwards)")]
