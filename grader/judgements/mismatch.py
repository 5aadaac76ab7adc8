"""Where and how a value differs from the expected numbers: the comparison under every judgement, and its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.errors import AssignmentError
from grader.judgements.explain import explain_shape, explain_values, order_of_axes
from grader.judgements.values import (
    Reading,
    apart,
    describe,
    index_text,
    items_of,
    kind_of,
    number_text,
    read,
    shape_text,
    tolerances,
    type_name,
)

__all__ = ["Mismatch", "Tolerance", "agree", "find_mismatch", "join_hints", "read_expected"]

_KINDS = {"boolean": "booleans", "number": "numbers", "complex": "complex numbers"}
_UNCALLED = {"type": "a class", "function": "a function", "method": "a method", "builtin_function_or_method": "a function"}
_BLOCK = 1 << 16
_LARGEST_REARRANGED = 1_000_000  # elements; beyond, a wrong shape is explained by the shapes alone


class Mismatch(NamedTuple):
    """What is wrong, to be read after the name of the value and a colon, and what it could be instead."""

    said: str
    hint: str = ""


class Tolerance(NamedTuple):
    """What a check allows: `rtol` and `atol` as given, None where the precision of the values decides."""

    rtol: float | None = None
    atol: float | None = None
    equal_nan: bool = False

    def of(self, actual: Reading, expected: Reading) -> tuple[float, float]:
        """The relative and the absolute tolerance for these two."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        rtol, atol = tolerances(actual, expected)
        return rtol if self.rtol is None else self.rtol, atol if self.atol is None else self.atol


EXACT = Tolerance(0.0, 0.0)


def read_expected(expected: object, tolerance: Tolerance, what: str, *, empty: bool = False) -> Reading:
    """The expected numbers. Raises `AssignmentError` if there are none, or the tolerance makes no sense."""
    wanted = read(expected)
    if wanted is None:
        raise AssignmentError(f"{what}: the expected value must be numbers, not {describe(expected)}")
    if wanted.array.size == 0 and not empty:
        raise AssignmentError(
            f"{what}: the expected value is empty (shape {shape_text(wanted.array.shape)}): nothing would be checked"
        )
    for name, value in (("rtol", tolerance.rtol), ("atol", tolerance.atol)):
        if value is not None and not 0 <= value < np.inf:
            raise AssignmentError(f"{what}: {name} must be a number from 0 on, not {value!r}")
    return wanted


def find_mismatch(actual: object, wanted: Reading, tolerance: Tolerance, what: str) -> Mismatch | None:
    """How `actual`, which may be anything, differs from the expected numbers; None if it does not.

    The shape comes first, then the kind of number, then the values. Raises `AssignmentError` if the two differ and nan is expected:
    nothing equals nan.
    """
    got = read(actual)
    if got is not None and got.array.shape == wanted.array.shape and _one_kind(got.array, wanted.array):
        rtol, atol = tolerance.of(got, wanted)
        if agree(got.array, wanted.array, rtol, atol):
            return None
        wrong = _wrong(got.array, wanted.array, rtol, atol, tolerance.equal_nan)
        if not wrong.any():
            return None
    else:
        wrong = None
    if not tolerance.equal_nan and wanted.array.dtype.kind in "fc" and bool(np.isnan(wanted.array).any()):
        raise AssignmentError(f"{what}: the expected value holds nan, which nothing equals: pass equal_nan=True to assert_close")
    if got is None:
        return Mismatch(f"expected {_in_words(wanted.array)}, got {describe(actual)}.", _unread_hint(actual, wanted, tolerance))
    if got.array.shape != wanted.array.shape:
        return _wrong_shape(actual, got, wanted, tolerance)
    if wrong is None:
        return _wrong_kind(got, wanted, tolerance)
    return _wrong_values(got, wanted, wrong, rtol, atol)


def agree(actual: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float) -> bool:
    """Whether all values are within the tolerance: the quick test, of which False may only mean infinite or nan as expected."""
    if actual.size > _BLOCK:
        return all(agree(left, right, rtol, atol) for left, right in _blocks(actual, expected))
    if rtol == 0 == atol:
        return bool((actual == expected).all())
    actual, expected = _wide(actual), _wide(expected)
    with np.errstate(all="ignore"):
        return bool((np.abs(actual - expected) < rtol * np.abs(expected) + atol).all())


def _blocks(*arrays: NDArray[Any]) -> Iterator[list[NDArray[Any]]]:
    """Arrays of one size, flat, in pieces that the processor's cache holds: a large array is compared several times faster."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, _BLOCK):
        yield [array[start : start + _BLOCK] for array in flat]


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    """In double precision, so that a difference neither overflows nor wraps around."""
    if array.dtype.char in "dD":
        return array
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _wrong(actual: NDArray[Any], expected: NDArray[Any], rtol: float, atol: float, equal_nan: bool) -> NDArray[np.bool_]:
    if actual.size > _BLOCK:
        parts = [_wrong(left, right, rtol, atol, equal_nan) for left, right in _blocks(actual, expected)]
        return np.concatenate(parts).reshape(actual.shape)
    fine = np.asarray(actual == expected)
    if rtol > 0 or atol > 0:
        left, right = _wide(actual), _wide(expected)
        with np.errstate(all="ignore"):
            fine = fine | ((np.abs(left - right) <= rtol * np.abs(right) + atol) & np.isfinite(right))
    if equal_nan and actual.dtype.kind in "fc" and expected.dtype.kind in "fc":
        fine = fine | (np.isnan(actual) & np.isnan(expected))
    return ~fine


def _one_kind(actual: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Booleans, numbers and complex numbers do not mix; an actual number is complex enough where its own kind is real."""
    first, second = actual.dtype.kind, expected.dtype.kind
    return first == second or (first in "iuf" and second in "iuf")


def _in_words(array: NDArray[Any]) -> str:
    if array.ndim:
        return f"an array of shape {shape_text(array.shape)}"
    return f"the number {number_text(array[()])}" if array.dtype.kind != "b" else number_text(array[()])


def _unread_hint(actual: object, wanted: Reading, tolerance: Tolerance) -> str:
    cls = type(actual)
    if issubclass(cls, list | tuple):
        return _right_item(actual, wanted, tolerance)
    if cls is str and wanted.array.ndim == 0:
        try:
            number = read(float(actual))  # type: ignore[arg-type]
        except ValueError:
            return ""
        right = number is not None and agree(number.array, wanted.array, *tolerance.of(number, wanted))
        return "It is text: return the number itself." if right else ""
    name = type_name(actual)
    if name in _UNCALLED:
        return f"It is {_UNCALLED[name]} itself: are the brackets missing that call it?"
    return (
        "It is a generator: return the values themselves (return in place of yield, or list(...))." if name == "generator" else ""
    )


def _right_item(actual: object, wanted: Reading, tolerance: Tolerance) -> str:
    """Whether one of the items that came back is what was asked for."""
    items = items_of(actual)
    if 2 <= len(items) <= 5:
        for position, item in enumerate(items):
            part = read(item)
            if part is None or part.array.shape != wanted.array.shape or not _one_kind(part.array, wanted.array):
                continue
            if agree(part.array, wanted.array, *tolerance.of(part, wanted)):
                return f"Item {position} of it is right: return that alone."
    return ""


def _wrong_shape(actual: object, got: Reading, wanted: Reading, tolerance: Tolerance) -> Mismatch:
    found, asked = got.array.shape, wanted.array.shape
    one = f"the number {number_text(got.array[()])}" if found == () and got.array.dtype.kind != "b" else ""
    if asked == ():
        said = f"expected one number, got an array of shape {shape_text(found)}."
    else:
        said = (
            f"expected shape {shape_text(asked)}, got {one or (number_text(got.array[()]) if found == () else shape_text(found))}."
        )
    hint = explain_shape(found, asked)
    if issubclass(type(actual), list | tuple):
        hint = _right_item(actual, wanted, tolerance) or hint
    if not _one_kind(got.array, wanted.array) or 0 in (got.array.size, wanted.array.size):
        return Mismatch(said, hint)
    limits = tolerance.of(got, wanted)
    if asked == () and got.array.size > 1:
        for name, total in (("sum", got.array.sum()), ("mean", got.array.mean())):
            if agree(np.asarray(total), wanted.array, *limits):
                return Mismatch(said, f"One number is asked for: the {name} of your values.")
    return Mismatch(said, _rearranged(got.array, wanted.array, limits) or hint)


def _rearranged(actual: NDArray[Any], expected: NDArray[Any], limits: tuple[float, float]) -> str:
    """How the values are right once their axes are in the expected order, or they are in the expected shape; empty if they are not."""
    if actual.size != expected.size or not 1 < actual.size <= _LARGEST_REARRANGED:
        return ""
    orders = permutations(range(actual.ndim)) if actual.ndim == expected.ndim <= 4 else ()
    for order in orders:
        turned = expected.transpose(order)
        if turned.shape == actual.shape and agree(actual, turned, *limits):
            return f"{order_of_axes(order)} Its values are right."
    if agree(actual.reshape(expected.shape), expected, *limits):
        return f"{explain_shape(actual.shape, expected.shape)} Its values are right.".strip()
    return ""


def _wrong_kind(got: Reading, wanted: Reading, tolerance: Tolerance) -> Mismatch:
    kind, asked = kind_of(got.array), kind_of(wanted.array)
    if got.array.ndim == 0:
        said = f"expected {_in_words(wanted.array)}, got {_in_words(got.array)}."
    else:
        name = "real numbers" if kind == "complex" and asked == "number" else _KINDS[asked]
        said = f"expected {name}, got {_KINDS[kind]}."
    with np.errstate(all="ignore"):
        if kind == "complex" and asked == "number":
            right = not np.any(got.array.imag) and agree(got.array.real, wanted.array, *tolerance.of(got, wanted))
            return Mismatch(said, "The imaginary parts are 0: return the real part." if right else "")
        right = agree(got.array, wanted.array, *tolerance.of(got, wanted))
    hints = {"boolean": "As numbers they would be right: convert them.", "number": "As booleans they would be right: convert them."}
    if got.array.ndim == 0:
        hints = {"boolean": "As a number it would be right: convert it.", "number": "As a boolean it would be right: convert it."}
    return Mismatch(said, hints[kind] if right and kind in hints and asked != "complex" else "")


def _wrong_values(got: Reading, wanted: Reading, wrong: NDArray[np.bool_], rtol: float, atol: float) -> Mismatch:
    actual, expected = got.array, wanted.array
    hint = explain_values(actual, expected, wrong, coarseness=max(got.coarseness, wanted.coarseness))
    count = int(wrong.sum())
    index = _worst(actual, expected, wrong)
    digits = 4 if wrong.size > 1 else 7
    pair = "expected {}, got {}".format(*apart(expected[index], actual[index], digits))
    pair += _difference(actual[index], expected[index], rtol, atol, always=wrong.size > 1)
    if wrong.size == 1:
        return Mismatch(f"{pair}.", hint)
    place = index_text([int(axis) for axis in index])
    if count == 1:
        return Mismatch(f"1 of {wrong.size:,} values is wrong: at index {place}, {pair}.", hint)
    which = "first" if actual.dtype.kind == "b" else "worst"
    share = f"all {wrong.size:,}" if count == wrong.size else f"{count:,} of {wrong.size:,}"
    return Mismatch(f"{share} values are wrong; the {which} is at index {place}: {pair}.", hint)


def _worst(actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_]) -> tuple[Any, ...]:
    """The index of the wrong value that is furthest off; one that is not a number at all is worse than any other."""
    if actual.dtype.kind == "b":
        return np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    worst, place, start = -1.0, 0, 0
    for left, right, marked in _blocks(actual, expected, wrong):
        with np.errstate(all="ignore"):
            gap = np.abs(_wide(left) - _wide(right))
        gap = np.where(marked, np.where(np.isnan(gap), np.inf, gap), -1.0)
        furthest = int(np.argmax(gap))
        if gap[furthest] > worst:
            worst, place = float(gap[furthest]), start + furthest
        start += gap.size
    return np.unravel_index(place, wrong.shape)


def _difference(actual: Any, expected: Any, rtol: float, atol: float, *, always: bool) -> str:
    """`(difference 0.4621, allowed 2.7e-05)`, where there is one and it tells something."""
    if actual.dtype.kind == "b" or not np.isfinite(actual) or not np.isfinite(expected):
        return ""
    if actual.dtype.kind in "iu" and expected.dtype.kind in "iu" and rtol == 0 == atol:
        return f" (difference {abs(int(actual) - int(expected))})" if always else ""
    with np.errstate(all="ignore"):
        gap = float(abs(_wide(np.asarray(actual)) - _wide(np.asarray(expected))))
        allowed = rtol * float(abs(expected)) + atol
    if not always and gap > 0.01 * float(abs(expected)):
        return ""
    return f" (difference {number_text(gap, 4)}, allowed {allowed:.2g})"


def join_hints(*hints: str) -> str:
    """Several hints as one text."""
    return " ".join(hint for hint in hints if hint)
