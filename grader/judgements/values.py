"""What a value is: the array it holds, how precise that is, and how it reads in a sentence.

The judgements look at a student's value only through this module. Whatever came back, nothing of it is called, compared or iterated
but plain Python containers, numpy arrays and tensors: a value of any other type is named and left alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

__all__ = [
    "Reading",
    "apart",
    "counted",
    "describe",
    "index_text",
    "items_of",
    "kind_of",
    "number_text",
    "read",
    "shape_of",
    "shape_text",
    "text_of",
    "tolerances",
    "type_name",
]

_DEEPEST = 32  # levels of nested lists: numpy itself ends at 64 axes
_TOLERANCES = ((0.0, 0.0), (1e-7, 1e-9), (1e-4, 1e-5), (1e-2, 1e-2))  # rtol and atol: exact, float64, float32, half and coarser
_COARSENESS = {"e": 3, "f": 2, "F": 2, "d": 1, "D": 1, "g": 1, "G": 1}  # numpy's dtype characters; integers and booleans are exact
_NUMERIC = frozenset("?bBhHiIlLqQnNpPefdgFDG")
_name_of_class = type.__dict__["__name__"].__get__  # a metaclass may have a `__name__` of its own


class Reading(NamedTuple):
    """The numbers that a value holds, and an index into the tolerances: 0 exact, 1 float64, 2 float32, 3 half precision."""

    array: NDArray[Any]
    coarseness: int


def read(value: object) -> Reading | None:
    """The numbers in `value`, or None where it holds something else, rows of different lengths, or nothing that can be read."""
    cls = type(value)
    if cls is np.ndarray:
        return _read_array(value)  # type: ignore[arg-type]
    if cls is float:
        return Reading(np.asarray(value), 1)
    if "torch" in sys.modules and issubclass(cls, sys.modules["torch"].Tensor):
        return _read_tensor(value)  # type: ignore[arg-type]
    if issubclass(cls, np.ndarray):
        return _read_array(np.asarray(value))
    if issubclass(cls, np.generic):
        return _read_array(np.asarray(value))
    if issubclass(cls, float):
        return Reading(np.asarray(float.__float__(value)), 1)  # type: ignore[arg-type]
    if issubclass(cls, bool | complex):
        return Reading(np.asarray(value if cls is bool else complex.__complex__(value)), 0 if cls is bool else 1)  # type: ignore[arg-type]
    if issubclass(cls, int):
        return _read_array(np.asarray(int.__int__(value)))  # type: ignore[arg-type]
    if issubclass(cls, list | tuple):
        return _read_items(items_of(value), set())
    return None


def shape_of(value: object) -> tuple[int, ...] | None:
    """The shape of an array, tensor, number or regular nested list, whatever it holds; None where there is none."""
    if issubclass(type(value), np.ndarray):
        return np.asarray(value).shape
    if "torch" in sys.modules and issubclass(type(value), sys.modules["torch"].Tensor):
        reading = _read_tensor(value)  # type: ignore[arg-type]
    else:
        reading = read(value)
    return None if reading is None else reading.array.shape


def items_of(value: object) -> Sequence[Any]:
    """The items of a list or tuple, of a subclass too, without asking the subclass."""
    return list(list.__iter__(value)) if issubclass(type(value), list) else list(tuple.__iter__(value))  # type: ignore[arg-type]


def text_of(value: object) -> str | bytes | None:
    """The text or the bytes that a value is, of a subclass too, as plain ones; None for anything else."""
    if issubclass(type(value), str):
        return str.__str__(value)
    return bytes(memoryview(value)) if issubclass(type(value), bytes) else None  # type: ignore[arg-type]


def _read_array(array: NDArray[Any]) -> Reading | None:
    char = array.dtype.char
    if char in _NUMERIC:
        return Reading(array, _COARSENESS.get(char, 0))
    if char == "O" and array.ndim:
        return _read_items(array.tolist(), set())
    return None


def _read_tensor(tensor: torch.Tensor) -> Reading | None:
    import torch

    coarseness = 0
    try:
        if type(tensor) is torch.Tensor and tensor.dtype in _numpy_dtypes() and tensor.layout is torch.strided:
            array = tensor.numpy(force=True)
            return Reading(array, _COARSENESS.get(array.dtype.char, 0))
        with warnings.catch_warnings(), torch._C.DisableTorchFunctionSubclass():
            warnings.simplefilter("ignore")  # that the student's kind of tensor is experimental or outdated
            if tensor.is_quantized:
                tensor, coarseness = tensor.dequantize(), 3
            if tensor.layout is not torch.strided:
                tensor = tensor.to_dense()
            if tensor.dtype not in _numpy_dtypes():  # bfloat16, the 8-bit floats, half-precision complex numbers
                wide = torch.complex64 if tensor.dtype.is_complex else torch.float32
                tensor, coarseness = tensor.to(wide), 3
            array = tensor.numpy(force=True)
    except (RuntimeError, TypeError, NotImplementedError):  # a meta, nested or otherwise abstract tensor holds no numbers to read
        return None
    return Reading(array, max(coarseness, _COARSENESS.get(array.dtype.char, 0)))


def _numpy_dtypes() -> frozenset[torch.dtype]:
    """The dtypes of torch that numpy has as well."""
    global _shared_dtypes
    if not _shared_dtypes:
        import torch

        names = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
        _shared_dtypes = frozenset(getattr(torch, name) for name in ("bool", *names, "complex64", "complex128"))
    return _shared_dtypes


_shared_dtypes: frozenset[torch.dtype] = frozenset()


def _read_items(items: Sequence[Any], above: set[int]) -> Reading | None:
    """A nested list as one array. `above` holds the ids of the lists around it: a list may contain itself."""
    kinds = set(map(type, items))
    if kinds <= {int, float} or kinds == {bool}:
        array = np.asarray(items, dtype=None if items else np.float64)
        return _read_array(array) if array.dtype.char != "O" else None  # an int past 64 bits has no array
    if len(above) >= _DEEPEST:
        return None
    parts: list[Reading] = []
    for item in items:
        if issubclass(type(item), list | tuple):
            if id(item) in above:
                return None
            part = _read_items(items_of(item), above | {id(item)})
        else:
            part = read(item)
        if part is None or (parts and part.array.shape != parts[0].array.shape):
            return None
        parts.append(part)
    return Reading(np.stack([part.array for part in parts]), max(part.coarseness for part in parts))


def tolerances(first: Reading, second: Reading) -> tuple[float, float]:
    """The relative and absolute tolerance that two values are compared with by default: the coarser precision decides."""
    return _TOLERANCES[max(first.coarseness, second.coarseness)]


def kind_of(array: NDArray[Any]) -> str:
    """`boolean`, `number` or `complex`."""
    return {"b": "boolean", "c": "complex"}.get(array.dtype.kind, "number")


# --- in words ---------------------------------------------------------------------------------------------------------------------


def type_name(value: object) -> str:
    """The name of a value's type. What stands for an object elsewhere tells that one's, by a property `__student_type__`."""
    for base in type.__dict__["__mro__"].__get__(type(value)):
        told = base.__dict__.get("__student_type__")
        if isinstance(told, property) and told.fget is not None:
            name = told.fget(value)
            if type(name) is str and name:
                return name
            break
    return str(_name_of_class(type(value)))


def describe(value: object) -> str:
    """A value as it reads after "got": `None`, `the text 'abc'`, `a list of 3 items`, `an array of shape (4, 10)`."""
    cls = type(value)
    if value is None or value is NotImplemented or value is Ellipsis:
        return repr(value)
    if issubclass(cls, str):
        return f"the text {_shortened(str.__repr__(str.__getitem__(value, slice(80))))}"  # type: ignore[index]
    if issubclass(cls, bytes):
        return f"the bytes {_shortened(bytes.__repr__(bytes.__getitem__(value, slice(80))))}"  # type: ignore[call-overload]
    if issubclass(cls, list | tuple):
        return _describe_items("list" if issubclass(cls, list) else "tuple", items_of(value))
    if issubclass(cls, dict):
        keys: list[object] = list(dict.__iter__(value))  # type: ignore[arg-type]
        names = ", ".join(_shortened(str.__repr__(key[:80])) if type(key) is str else describe(key) for key in keys[:4])
        more = ", …" if len(keys) > 4 else ""
        return f"a dict with the {'key' if len(keys) == 1 else 'keys'} {names}{more}" if keys else "an empty dict"
    if issubclass(cls, set | frozenset):
        size = set.__len__(value) if issubclass(cls, set) else frozenset.__len__(value)  # type: ignore[arg-type]
        return f"a set of {counted(size, 'item')}"
    reading = read(value)
    if reading is None:
        return _describe_unread(value)
    if reading.array.ndim == 0:
        single = number_text(reading.array[()])
        return single if reading.array.dtype.kind == "b" else f"the number {single}"
    return f"an array of shape {shape_text(reading.array.shape)}"


def _describe_unread(value: object) -> str:
    cls = type(value)
    if issubclass(cls, np.ndarray):
        array = np.asarray(value)
        return f"an array of shape {shape_text(array.shape)} that holds no numbers (dtype {array.dtype})"
    if "torch" in sys.modules and issubclass(cls, sys.modules["torch"].Tensor):
        return "a tensor whose values cannot be read"
    if issubclass(cls, int):
        bits = int.bit_length(value)  # type: ignore[arg-type]
        return f"the number {int.__repr__(value)}" if bits <= 256 else f"an integer of {bits:,} bits"
    name = type_name(value)
    return f"an object of type {name}"


def _describe_items(kind: str, items: Sequence[Any]) -> str:
    if not items:
        return f"an empty {kind}"
    reading = _read_items(items, set())
    if reading is not None and len(items) > 3:
        shape = reading.array.shape
        return f"a {kind} of {len(items)} items" if len(shape) == 1 else f"a {kind} of shape {shape_text(shape)}"
    if len(items) <= 3:
        parts = [_brief(item) for item in items]
        return f"a {kind} of {counted(len(items), 'item')} ({', '.join(parts)})"
    for position, item in enumerate(items):
        if not issubclass(type(item), list | tuple) and read(item) is None:
            return f"a {kind} of {len(items)} items (item {position} is {_brief(item)})"
    return f"a {kind} of {len(items)} items of different shapes"


def _brief(item: object) -> str:
    """An item of a list: the items of an inner list are not listed again."""
    if issubclass(type(item), list | tuple):
        kind = "list" if issubclass(type(item), list) else "tuple"
        return f"a {kind} of {counted(len(items_of(item)), 'item')}"
    return describe(item).removeprefix("the number ")


def _shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 2]}…{text[-1]}"


def counted(number: int, noun: str) -> str:
    """`1 item`, `3 items`, `36,650 parameters`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shape_text(shape: Sequence[int | None]) -> str:
    """`(4, 10)`, `(4,)`, `()`; an axis of any length is `*`."""
    axes = ["*" if axis is None else str(axis) for axis in shape]
    return f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"


def index_text(index: Sequence[int]) -> str:
    """An index as it is written between brackets: `3` in one axis, `(1, 2)` in several."""
    return str(int(index[0])) if len(index) == 1 else f"({', '.join(str(int(axis)) for axis in index)})"


def number_text(number: Any, digits: int = 6) -> str:
    """One number (a numpy scalar) with `digits` significant digits; integers and booleans in full."""
    number = np.asarray(number)[()]
    if number.dtype.kind in "iub":
        return str(number)
    if number.dtype.kind == "c":
        real, imaginary = number_text(number.real, digits), number_text(number.imag, digits)
        return f"{real}{'' if imaginary.startswith(('-', '+')) else '+'}{imaginary}j"
    plain = float(number)
    if plain == 0:
        return "0"
    if 1e5 <= abs(plain) < 1e9:  # 1623606, not 1.62361e+06
        digits = max(digits, len(str(int(abs(plain)))))
    return f"{plain:.{digits}g}"


def apart(expected: Any, actual: Any, digits: int = 6) -> tuple[str, str]:
    """Two numbers, with as many digits as it takes to tell them apart (17 at most)."""
    for enough in range(digits, 18):
        first, second = number_text(expected, enough), number_text(actual, enough)
        if first != second:
            break
    return first, second
