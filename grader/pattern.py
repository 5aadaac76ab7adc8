"""What an answer of the student's process looks like, as far as the check's own code there decides it.

A probe that ends with `return losses, net.training` gives a pair, whose second part is a boolean: anything else is the doing of a
process in which something of Python's was replaced, and not a bug of the check that unpacks it.
"""

from __future__ import annotations

from types import UnionType
from typing import Any, TypeAlias

from grader.errors import AssignmentError, CheckFailed

__all__ = ["Pattern", "demand_pattern"]

# object: anything. A type, or several (`str | None`): a value of it. A tuple of patterns: a tuple, part by part. A list of one pattern:
# a list of any length, with `...` after it of one or more. A dict of patterns: a dict with at least these keys.
Pattern: TypeAlias = Any


def demand_pattern(value: object, pattern: Pattern, what: str) -> None:
    """Fail, as the student's doing, unless `value` has this pattern. Raises `AssignmentError` for what is no pattern."""
    if not _fits(value, pattern, what):
        raise CheckFailed(
            f"{what}: expected Python's own functions and torch's to work as usual, found that they do not: is one of them replaced?"
        )


def _fits(value: object, pattern: Pattern, what: str) -> bool:
    match pattern:
        case type() | UnionType():
            return isinstance(value, pattern)
        case tuple():
            if not isinstance(value, tuple) or len(value) != len(pattern):
                return False
            return all(_fits(part, one, what) for part, one in zip(value, pattern, strict=True))
        case [one, *rest] if rest in ([], [...]):
            return isinstance(value, list) and (len(value) > 0 or not rest) and all(_fits(part, one, what) for part in value)
        case dict():
            return isinstance(value, dict) and all(key in value and _fits(value[key], one, what) for key, one in pattern.items())
    raise AssignmentError(f"{what}: returns= takes types, and tuples, lists of one and dicts of them, not {pattern!r}")
