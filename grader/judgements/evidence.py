"""Whether two pieces of evidence are the same wrong value: by this a known mistake is recognised."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.judgements.values import Reading, items_of, kind_of, read, text_of

__all__ = ["same_evidence"]

_RTOL = 1e-5
_NOISE = 1e-7  # relative to the largest value
_DEEPEST = 32
_KEYS = (str, int, float, bool, bytes)


def same_evidence(first: object, second: object) -> bool:
    """Whether both are the same value of the same kind and shape, up to 1e-5, nan equal to nan; and whether that tells anything.

    Nothing, nan alone, a single boolean and what holds no value are the work of any mistake: they are never the same evidence.
    """
    same, telling = _compare(first, second, 0)
    return same and telling


def _compare(first: object, second: object, depth: int) -> tuple[bool, bool]:
    """Whether the two are the same, and whether they tell one mistake from another."""
    if depth > _DEEPEST:
        return False, False
    if first is None or second is None:
        return first is second, False
    one, other = read(first), read(second)
    if one is not None and other is not None:
        return _compare_numbers(one, other)
    if one is not None or other is not None:
        return False, False
    text = text_of(first)
    if text is not None:
        return text == text_of(second), bool(text)
    if issubclass(type(first), list | tuple) and issubclass(type(second), list | tuple):
        return _compare_all(list(items_of(first)), list(items_of(second)), depth)
    if type(first) is dict and type(second) is dict:
        if not all(type(key) in _KEYS for key in (*first, *second)) or first.keys() != second.keys():
            return False, False
        return _compare_all(list(first.values()), [second[key] for key in first], depth)
    if type(first) in (set, frozenset, int) and type(first) is type(second):
        plain = type(first) is int or all(type(item) in _KEYS for item in (*first, *second))  # type: ignore[misc]
        return (bool(first == second), bool(first)) if plain else (False, False)
    return False, False


def _compare_all(first: list[Any], second: list[Any], depth: int) -> tuple[bool, bool]:
    if len(first) != len(second):
        return False, False
    telling = False
    for one, other in zip(first, second, strict=True):
        same, tells = _compare(one, other, depth + 1)
        if not same:
            return False, False
        telling = telling or tells
    return True, telling


def _compare_numbers(first: Reading, second: Reading) -> tuple[bool, bool]:
    one, other = first.array, second.array
    if one.shape != other.shape or kind_of(one) != kind_of(other):
        return False, False
    if kind_of(one) == "boolean":
        return bool((one == other).all()), one.size > 1
    wide = np.complex128 if kind_of(one) == "complex" else np.float64
    one, other = one.astype(wide), other.astype(wide)
    if bool(np.isnan(one).all()):  # of nothing, this is true as well
        return bool(np.isnan(other).all()), False
    with np.errstate(all="ignore"):
        sizes = np.abs(one)
        scale = float(sizes.max(where=np.isfinite(sizes), initial=0.0))
        near = np.abs(one - other) <= _RTOL * np.maximum(sizes, np.abs(other)) + _NOISE * scale
    same = (near & np.isfinite(one) & np.isfinite(other)) | (one == other) | (np.isnan(one) & np.isnan(other))
    return bool(same.all()), True
