"""Values to records and back: what may cross the border to the student's process, in both directions.

`encode` turns an object into a `messages.Value`; what has no form there is handed to `keep`, which makes a reference of it.
`decode` turns a value back into an object; references are handed to `resolve`. Both sides use both. Exact types only: a subclass of
array, tensor, str or number is reduced to the plain value that it holds, so that no method of a student's travels with it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import torch

from grader.errors import ProtocolError
from grader.messages import Array, Blob, Constant, Items, Mapping, Number, Reference, Value

__all__ = ["MAX_FRAME", "NotSendable", "decode", "decode_frame_length", "demand_few_values", "encode", "frame"]

MAX_FRAME = 512 * 2**20  # bytes in one message; a larger one is refused before it is read
MAX_DEPTH = 24  # containers within containers
MAX_AXES = 32
MAX_VALUES = 2_000_000  # in one message, the names of fields counted; an array is one value, however large
MAX_RARE_KEYS = 1_000  # keys of one dict, or members of one set, that are neither text nor ordinary numbers
MAX_ELEMENTS = 2**48  # of a shape, lengths of 0 counted as 1

_NUMPY_DTYPES = {
    name: np.dtype(name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "complex64", "complex128",
    )
}  # fmt: skip
_TORCH_DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
    )
}  # fmt: skip
_TORCH_NAMES = {dtype: name for name, dtype in _TORCH_DTYPES.items()}
_HEADER = struct.Struct("<Q")


class NotSendable(ValueError):
    """A value that has no form on the wire: too large, too deep, or an array of objects."""


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return _HEADER.pack(len(payload)) + payload


def decode_frame_length(header: bytes, limit: int = MAX_FRAME) -> int:
    """The length that a header of 8 bytes announces; raises `ProtocolError` beyond the limit."""
    (length,) = _HEADER.unpack(header)
    if length > limit:
        raise ProtocolError(f"a message of {length:,} bytes was announced; at most {limit:,} are accepted")
    return int(length)


def encode(value: Any, keep: Callable[[Any], Reference], depth: int = 0) -> Value:
    """The record for an object. Raises `NotSendable`."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return value if -(2**63) <= value < 2**64 else Number("int", _decimal(value))
    if isinstance(value, torch.Tensor):
        return _encode_tensor(value, keep)
    if isinstance(value, np.ndarray):
        return _encode_array(np.asarray(value), "numpy")
    if isinstance(value, np.generic):
        return _encode_array(np.asarray(value), "scalar")
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return Blob(bytes.__getitem__(value, slice(None)))  # a subclass may have a `__bytes__` of its own
    if isinstance(value, bytearray):
        return Blob(bytes(bytearray.__getitem__(value, slice(None))))
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _encode_container(value, keep, depth)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return encode(int.__pos__(value), keep)
    if isinstance(value, float):
        return float.__pos__(value)
    if isinstance(value, complex):
        return Number("complex", repr(complex.__pos__(value)))
    if kind is torch.dtype:
        return Constant("dtype", str(value).removeprefix("torch."))
    if kind is torch.device:
        return Constant("device", str(value))
    return keep(value)


def _decimal(value: int) -> str:
    if value.bit_length() > 4096:
        raise NotSendable(f"an integer of {value.bit_length():,} bits")
    return str(value)


def _encode_container(value: Any, keep: Callable[[Any], Reference], depth: int) -> Value:
    if depth >= MAX_DEPTH:
        raise NotSendable(f"containers nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        pairs = dict.items(value)
        return Mapping(tuple((encode(k, keep, depth + 1), encode(v, keep, depth + 1)) for k, v in pairs))
    if isinstance(value, list):
        return Items("list", tuple(encode(v, keep, depth + 1) for v in list.__iter__(value)))
    if isinstance(value, tuple):
        return Items("tuple", tuple(encode(v, keep, depth + 1) for v in tuple.__iter__(value)))
    items = set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value)
    return Items("set", tuple(encode(v, keep, depth + 1) for v in items))


def _encode_array(array: np.ndarray[Any, Any], library: Any) -> Array:
    name = array.dtype.name
    if name not in _NUMPY_DTYPES:
        raise NotSendable(f"a numpy array of dtype {array.dtype}")
    _check_size(array.nbytes, array.ndim)
    return Array(library, name, array.shape, array.astype(_NUMPY_DTYPES[name], copy=False).tobytes())


def _encode_tensor(tensor: torch.Tensor, keep: Callable[[Any], Reference]) -> Value:
    with torch._C.DisableTorchFunctionSubclass():
        plain = torch.Tensor.detach(tensor)  # a plain tensor from here on: no method of a subclass runs
        name = _TORCH_NAMES.get(plain.dtype)
        if name is None or plain.layout != torch.strided or plain.device.type == "meta":
            return keep(tensor)
        _check_size(plain.numel() * plain.element_size(), plain.dim())
        flat = plain.cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
        data = flat.view(torch.uint8).numpy().tobytes() if plain.numel() else b""
        requires_grad = torch.Tensor.requires_grad.__get__(tensor)  # type: ignore[attr-defined]  # the property itself
        return Array("torch", name, tuple(plain.shape), data, requires_grad, str(plain.device))


def _check_size(size: int, axes: int) -> None:
    if axes > MAX_AXES:
        raise NotSendable(f"an array of {axes} axes (at most {MAX_AXES} are sent)")
    if size > MAX_FRAME // 2:
        raise NotSendable(f"an array of {size:,} bytes (at most {MAX_FRAME // 2:,} are sent)")


def decode(value: Value, resolve: Callable[[Reference], Any], depth: int = 0) -> Any:
    """The object that a record stands for. Raises `ProtocolError` where the record contradicts itself."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if depth > MAX_DEPTH + 1:
        raise ProtocolError(f"containers nested more than {MAX_DEPTH} deep")
    match value:
        case Array():
            return _decode_array(value)
        case Blob():
            return value.data
        case Items():
            items = [decode(v, resolve, depth + 1) for v in value.items]
            if value.kind == "list":
                return items
            return tuple(items) if value.kind == "tuple" else _hashed(set, items, items)
        case Mapping():
            pairs = [(decode(k, resolve, depth + 1), decode(v, resolve, depth + 1)) for k, v in value.items]
            return _hashed(dict, pairs, [key for key, _ in pairs])
        case Number():
            return _decode_number(value)
        case Constant():
            return _decode_constant(value)
        case Reference():
            return resolve(value)


def _hashed(make: Callable[[list[Any]], Any], items: list[Any], keys: list[Any]) -> Any:
    # complex numbers, tuples and integers past 64 bits can be chosen so that all have one hash: a million of them take days
    if sum(not _is_common(key) for key in keys) > MAX_RARE_KEYS:
        what = f"more than {MAX_RARE_KEYS:,} members that are neither text nor ordinary numbers"
        raise ProtocolError(f"a {make.__name__} with {what}")
    try:
        return make(items)
    except TypeError as error:  # a list as a key: no honest encoder sends it
        raise ProtocolError(f"a {make.__name__} with members that cannot be hashed") from error


def _is_common(key: Any) -> bool:
    return key is None or type(key) in (str, bytes, bool, float) or (type(key) is int and abs(key) < 2**64)


def _decode_number(number: Number) -> int | complex:
    try:
        if len(number.text) > 1300:
            raise ValueError("too long")
        return int(number.text) if number.kind == "int" else complex(number.text)
    except ValueError as error:
        raise ProtocolError(f"{number.text[:40]!r} is no {number.kind}") from error


def _decode_constant(constant: Constant) -> torch.dtype | torch.device:
    if constant.kind == "dtype":
        dtype = vars(torch).get(constant.text)  # not by getattr, which imports parts of torch that are loaded when first asked for
        if isinstance(dtype, torch.dtype):
            return dtype
        raise ProtocolError(f"{constant.text[:40]!r} is no dtype of torch")
    try:
        return torch.device(constant.text)
    except RuntimeError as error:
        raise ProtocolError(f"{constant.text[:40]!r} is no device of torch") from error


def _decode_array(array: Array) -> Any:
    names = _TORCH_DTYPES if array.library == "torch" else _NUMPY_DTYPES
    possible = len(array.shape) <= MAX_AXES and all(size >= 0 for size in array.shape)
    # with a length of 0 in it, a shape of absurd others comes with the right number of bytes, none, and no library has a form for it
    if array.dtype not in names or not possible or math.prod(max(size, 1) for size in array.shape) > MAX_ELEMENTS:
        raise ProtocolError(f"no array has dtype {array.dtype[:20]!r} and shape {array.shape[:8]}")
    if array.dtype == "bool" and array.data and np.frombuffer(array.data, np.uint8).max() > 1:
        raise ProtocolError("an array of booleans with bytes that are neither true nor false")
    count = math.prod(array.shape)
    if array.library == "torch":
        dtype = _TORCH_DTYPES[array.dtype]
        _check_length(array, count * dtype.itemsize)
        # frombuffer shares memory with the buffer: a bytearray of its own makes the tensor writable and nobody else's
        flat = torch.frombuffer(bytearray(array.data), dtype=dtype) if count else torch.empty(0, dtype=dtype)
        tensor = flat.reshape(array.shape)
        if array.requires_grad and (dtype.is_floating_point or dtype.is_complex):
            tensor.requires_grad_()
        return tensor
    _check_length(array, count * _NUMPY_DTYPES[array.dtype].itemsize)
    result = np.frombuffer(array.data, _NUMPY_DTYPES[array.dtype]).reshape(array.shape).copy()
    return result[()] if array.library == "scalar" else result


def _check_length(array: Array, expected: int) -> None:
    if len(array.data) != expected:
        raise ProtocolError(
            f"an array of shape {array.shape} and dtype {array.dtype} came with {len(array.data)} bytes, not {expected}"
        )


def demand_few_values(payload: bytes) -> None:
    """Raise `ProtocolError` if a message holds more than `MAX_VALUES`, before anything is made of it.

    A value takes a byte of the message and up to sixty of memory. MessagePack puts values one after the other, containers before what
    they contain: counting them takes the size of each, and no more.
    """
    position, count, end = 0, 0, len(payload)
    if end <= MAX_VALUES:
        return
    while position < end:
        count += 1
        if count > MAX_VALUES:
            raise ProtocolError(f"a message of more than {MAX_VALUES:,} values")
        fixed, length_bytes = _SIZES[payload[position]]
        position += 1
        if length_bytes:
            position += int.from_bytes(payload[position : position + length_bytes], "big") + length_bytes
        position += fixed


def _sizes() -> list[tuple[int, int]]:
    """For each first byte of a MessagePack value: how many bytes follow it in any case, and how many tell of how many more."""
    sizes = [(0, 0)] * 256
    sizes[0xA0:0xC0] = [(length, 0) for length in range(32)]  # short text
    sizes[0xC4:0xCA] = [(0, 1), (0, 2), (0, 4), (1, 1), (1, 2), (1, 4)]  # bytes, extensions
    sizes[0xCA:0xD4] = [(size, 0) for size in (4, 8, 1, 2, 4, 8, 1, 2, 4, 8)]  # numbers
    sizes[0xD4:0xD9] = [(size + 1, 0) for size in (1, 2, 4, 8, 16)]  # short extensions
    sizes[0xD9:0xDC] = [(0, 1), (0, 2), (0, 4)]  # text
    sizes[0xDC:0xE0] = [(2, 0), (4, 0), (2, 0), (4, 0)]  # containers: their length; what they contain comes after
    return sizes


_SIZES = _sizes()


def typed_decoder(kind: Any) -> Callable[[bytes], Any]:
    """A strict decoder of one kind of message; what it cannot decode raises `ProtocolError`."""
    decoder = msgspec.msgpack.Decoder(kind)

    def decode_message(payload: bytes) -> Any:
        demand_few_values(payload)
        try:
            return decoder.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(f"a message that is none of ours ({error})") from error

    return decode_message
