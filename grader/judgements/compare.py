"""The judgements on values: close, equal, of a shape, or whatever else an author can say of them.

Each passes in silence or raises `CheckFailed` with what was expected, what was found, and what it could be instead. `actual` may be
anything that a student's code returns; nothing is ever broadcast. What is wrong with `expected` is the author's fault and raises
`AssignmentError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.evidence import same_evidence
from grader.judgements.explain import explain_shape
from grader.judgements.mismatch import EXACT, Mismatch, Tolerance, find_mismatch, join_hints, read_expected
from grader.judgements.values import counted, describe, items_of, number_text, read, shape_of, shape_text, text_of, type_name
from grader.outcomes import Outcome

__all__ = ["assert_close", "assert_equal", "assert_shape", "assert_that", "same_evidence"]

_SHORT = 8  # numbers: a list of so many is shown as a whole


def assert_close(
    actual: object,
    expected: object,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    what: str = "the result",
    hint: str = "",
) -> None:
    """Fail unless `actual` has the shape of `expected`, its kind of numbers, and each value within `atol + rtol * |expected|`.

    Both may be numbers, nested lists, numpy arrays or tensors; a number is an array of shape (). Where `rtol` or `atol` is not
    given, the coarser precision of the two decides: 1e-7 and 1e-9 for float64 (and Python's own numbers), 1e-4 and 1e-5 for
    float32, 1e-2 and 1e-2 for half precision; integers and booleans are exact. nan equals nothing, unless `equal_nan`.
    """
    tolerance = Tolerance(rtol, atol, equal_nan)
    wanted = read_expected(expected, tolerance, what)
    if (difference := find_mismatch(actual, wanted, tolerance, what)) is not None:
        _fail(actual, difference, what, hint)


def assert_equal(actual: object, expected: object, *, what: str = "the result", hint: str = "") -> None:
    """Fail unless `actual` is exactly `expected`: a count, labels, text, booleans, None, or lists, sets and dicts of these.

    Lists, tuples and arrays of the same values are equal to one another, and so are 3 and 3.0; True and 1 are not.
    """
    if (difference := _difference(actual, expected, what)) is not None:
        place, found = difference
        _fail(actual, found, place, hint)


def assert_shape(actual: object, shape: Sequence[int | None], *, what: str = "the result", hint: str = "") -> None:
    """Fail unless `actual` (an array, a tensor, a nested list, a number) has this shape; None stands for any length."""
    asked = _checked_shape(shape, what)
    found = shape_of(actual)
    if found is None:
        described = "a number" if asked == () else f"an array of shape {shape_text(asked)}"
        _fail(actual, Mismatch(f"expected {described}, got {describe(actual)}."), what, hint)
    if len(found) == len(asked) and all(wanted in (None, got) for got, wanted in zip(found, asked, strict=True)):
        return
    said = f"expected shape {shape_text(asked)}, got {shape_text(found)}."
    if asked == ():
        said = f"expected one number, got an array of shape {shape_text(found)}."
    elif found == ():
        said = f"expected shape {shape_text(asked)}, got {describe(actual)}."
    if None in asked and len(found) == len(asked):
        asked = tuple(got if wanted is None else wanted for got, wanted in zip(found, asked, strict=True))
    explanation = "" if None in asked else explain_shape(found, tuple(axis for axis in asked if axis is not None))
    _fail(actual, Mismatch(said, explanation), what, hint)


def assert_that(condition: object, message: str, *, hint: str = "", evidence: object = None) -> None:
    """Fail with `message` (what, expected, found) unless `condition` holds. `evidence` is the student's value."""
    if condition is True:
        return
    if condition is False:
        raise CheckFailed(message, hint=hint, evidence=evidence)
    reading = read(condition)
    if reading is not None and reading.array.size == 1 and type(condition) not in (list, tuple):
        holds = bool(reading.array.reshape(-1)[0])
    elif condition is None or type(condition) in (str, bytes, list, tuple, dict, set, frozenset):
        holds = bool(condition)
    else:
        raise AssignmentError(
            f"assert_that: the condition must be true or false, not {describe(condition)}; the message is {message!r}"
        )
    if not holds:
        raise CheckFailed(message, hint=hint, evidence=evidence)


def _fail(actual: object, difference: Mismatch, what: str, hint: str) -> NoReturn:
    if actual is None:
        said = difference.said.removesuffix(", got None.")
        raise CheckFailed(
            f"{what}: returned None, {said}.", hint=join_hints("Is a return missing?", hint), outcome=Outcome.NOT_ANSWERED
        )
    raise CheckFailed(f"{what}: {difference.said}", hint=join_hints(difference.hint, hint), evidence=actual)


def _checked_shape(shape: Sequence[int | None], what: str) -> tuple[int | None, ...]:
    if not issubclass(type(shape), list | tuple) or not all(axis is None or (type(axis) is int and axis >= 0) for axis in shape):
        raise AssignmentError(f"{what}: the expected shape must be a tuple of lengths (None: any), not {shape!r}")
    return tuple(shape)


# --- exact ------------------------------------------------------------------------------------------------------------------------


def _difference(actual: object, expected: object, what: str) -> tuple[str, Mismatch] | None:
    """Where `actual` first differs from `expected`, as the name of that part, and how; None if nowhere."""
    if expected is None:
        return None if actual is None else (what, Mismatch(f"expected None, got {describe(actual)}."))
    if issubclass(type(expected), str | bytes):
        return _text_difference(actual, expected, what)
    wanted = read(expected)
    if wanted is not None and wanted.array.size:
        return _number_difference(actual, expected, what)
    if issubclass(type(expected), list | tuple):
        return _sequence_difference(actual, items_of(expected), what, "list" if issubclass(type(expected), list) else "tuple")
    if isinstance(expected, np.ndarray) and expected.ndim and (expected.dtype.kind in "OSU" or not expected.size):
        return _sequence_difference(actual, expected.tolist(), what, "list")
    if isinstance(expected, dict):
        return _dict_difference(actual, expected, what)
    if isinstance(expected, set | frozenset):
        return _set_difference(actual, expected, what)
    if (
        isinstance(expected, np.ndarray | np.generic)
        or shape_of(expected) is not None
        or type_name(expected) != type(expected).__name__
    ):
        raise AssignmentError(f"{what}: the expected value must be plain, not {describe(expected)}")
    if type(actual) is type(expected):
        shown = describe(actual) if type(actual) is int else repr(actual)  # Python refuses to print very long integers
        return None if bool(actual == expected) else (what, Mismatch(f"expected {expected!r}, got {shown}."))
    return what, Mismatch(f"expected {expected!r}, got {describe(actual)}.")


def _text_difference(actual: object, expected: Any, what: str) -> tuple[str, Mismatch] | None:
    text: Any = text_of(actual)
    if not isinstance(text, str if isinstance(expected, str) else bytes):
        return what, Mismatch(f"expected {expected!r}, got {describe(actual)}.")
    if text == expected:
        return None
    hint = ""
    if text.lower() == expected.lower():
        hint = "Only upper and lower case differ."
    elif text.split() == expected.split():
        hint = "Only white space differs."
    return what, Mismatch(f"expected {expected!r}, got {_shown_text(text)}.", hint)


def _shown_text(text: Any) -> str:
    return describe(text).removeprefix("the text ").removeprefix("the bytes ") if len(text) > 200 else repr(text)


def _number_difference(actual: object, expected: object, what: str) -> tuple[str, Mismatch] | None:
    found = find_mismatch(actual, wanted := read_expected(expected, EXACT, what), EXACT, what)
    if found is None:
        return None
    got = read(actual)
    if got is None or got.array.ndim != 1 or wanted.array.ndim != 1 or not _short(got.array) or not _short(wanted.array):
        return what, found
    if got.array.dtype.kind != wanted.array.dtype.kind:
        return what, found
    ends = "()" if issubclass(type(expected), tuple) else "[]"
    pair = [f"{ends[0]}{', '.join(number_text(x, 17) for x in array)}{ends[1]}" for array in (wanted.array, got.array)]
    return what, Mismatch("expected {}, got {}.".format(*pair), found.hint)


def _short(array: Any) -> bool:
    return bool(array.size <= _SHORT and array.dtype.kind in "iub")


def _sequence_difference(actual: object, expected: Sequence[Any], what: str, kind: str) -> tuple[str, Mismatch] | None:
    asked = f"a {kind} of {counted(len(expected), 'item')}" if expected else f"an empty {kind}"
    if issubclass(type(actual), np.ndarray) and np.asarray(actual).ndim:
        found = np.asarray(actual).tolist() if np.asarray(actual).dtype.kind in "OSU" else list(np.asarray(actual))
    elif issubclass(type(actual), list | tuple):
        found = list(items_of(actual))
    else:
        shape = shape_of(actual)
        if not expected and shape and shape[0] == 0:
            return None  # a tensor without elements
        return what, Mismatch(f"expected {asked}, got {describe(actual)}.")
    if len(found) != len(expected):
        return what, Mismatch(f"expected {asked}, got {counted(len(found), 'item') if expected else describe(actual)}.")
    for position, (got, wanted) in enumerate(zip(found, expected, strict=True)):
        if (difference := _difference(got, wanted, f"{what}[{position}]")) is not None:
            return difference
    return None


def _dict_difference(actual: Any, expected: dict[Any, Any], what: str) -> tuple[str, Mismatch] | None:
    if not issubclass(type(actual), dict):
        return what, Mismatch(f"expected a dict, got {describe(actual)}.")
    actual = dict(dict.items(actual))  # a plain one
    problems = [f"no key {key!r}" for key in expected if key not in actual]
    problems += [f"a key {describe(key).removeprefix('the text ')} too many" for key in actual if key not in expected]
    if problems:
        return what, Mismatch(f"it has {', '.join(problems)}.")
    for key, wanted in expected.items():
        if (difference := _difference(actual[key], wanted, f"{what}[{key!r}]")) is not None:
            return difference
    return None


def _set_difference(actual: Any, expected: set[Any] | frozenset[Any], what: str) -> tuple[str, Mismatch] | None:
    if not issubclass(type(actual), set | frozenset):
        return what, Mismatch(f"expected a set of {counted(len(expected), 'item')}, got {describe(actual)}.")
    missing = frozenset(expected).difference(actual)
    extra = (set if issubclass(type(actual), set) else frozenset).difference(actual, expected)
    problems = [*(f"{_item(item)} is missing" for item in missing), *(f"{_item(item)} is too many" for item in extra)]
    return (what, Mismatch(f"{', '.join(sorted(problems))}.")) if problems else None


def _item(item: object) -> str:
    return describe(item).removeprefix("the text ").removeprefix("the number ")
