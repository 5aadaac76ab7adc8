"""What a student's code may hand back in place of an answer."""

from __future__ import annotations

import collections
import decimal
import enum
import fractions
import warnings
from typing import Any, NoReturn
from unittest import mock

import numpy as np
import pytest
import torch


def _boom(*_: Any, **__: Any) -> NoReturn:
    raise ZeroDivisionError("code of the student's ran in the grader")


class Rude:
    """Whatever one does with it raises, a look at `__class__` included."""

    __eq__ = __len__ = __iter__ = __getitem__ = __array__ = __float__ = __int__ = __index__ = __bool__ = __repr__ = __call__ = _boom
    __getattr__ = __str__ = _boom
    __hash__ = object.__hash__

    @property
    def __class__(self) -> type:  # type: ignore[override]
        _boom()


class RudeType(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        _boom()


class Nameless(metaclass=RudeType):
    pass


class RudeList(list[Any]):
    __iter__ = __len__ = __getitem__ = __eq__ = _boom  # type: ignore[assignment]
    __hash__ = object.__hash__  # type: ignore[assignment]


class RudeDict(dict[str, Any]):
    __iter__ = __len__ = __getitem__ = __eq__ = __contains__ = keys = items = _boom  # type: ignore[assignment]


class RudeFloat(float):
    __float__ = __repr__ = __eq__ = __abs__ = _boom  # type: ignore[assignment]


class RudeInt(int):
    __int__ = __repr__ = __eq__ = __index__ = _boom  # type: ignore[assignment]


class RudeText(str):
    __str__ = __repr__ = __eq__ = lower = split = _boom  # type: ignore[assignment]


class RudeSet(set[Any]):
    __iter__ = __sub__ = __rsub__ = __len__ = _boom  # type: ignore[assignment]


class RudeArray(np.ndarray[Any, Any]):
    __eq__ = __sub__ = __array_ufunc__ = __array_function__ = _boom  # type: ignore[assignment]


class RudeTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        _boom()


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 1


Pair = collections.namedtuple("Pair", "first second")


def _objects() -> np.ndarray[Any, Any]:
    array = np.empty(2, dtype=object)
    array[0], array[1] = Rude(), 1
    return array


def _nested_in_itself() -> list[Any]:
    inner: list[Any] = [2]
    inner.append(inner)
    return [1, inner]


def _deep() -> list[Any]:
    nest: list[Any] = [1.0]
    for _ in range(500):
        nest = [nest]
    return nest


def _tensors() -> list[Any]:
    generator = torch.Generator().manual_seed(5)
    pair = torch.rand(2, generator=generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls these experimental or outdated
        odd = [
            torch.quantize_per_tensor(pair, 0.1, 0, torch.qint8),
            torch.nested.nested_tensor([pair, torch.ones(3)]),
            torch.eye(2).to_sparse(),
            torch.rand(2, generator=generator, dtype=torch.complex64).to(torch.complex32),
        ]
    return [
        *odd,
        pair.as_subclass(RudeTensor),
        torch.empty(2, 2, device="meta"),
        pair.bfloat16(),
        pair.half(),
        pair.to(torch.float8_e4m3fn),
        torch.rand(2, generator=generator, dtype=torch.complex64).conj(),
        torch.tensor([]),
        torch.nn.Linear(2, 2),
        torch.nn.Parameter(pair),
        torch.Size([3]),
        torch.float32,
        torch.device("cpu"),
        pair.sum,
        [pair, np.zeros(2)],
        [pair, torch.ones(3)],
    ]


@pytest.fixture(scope="session")
def junk() -> list[Any]:
    """Values of every kind, none of which equals anything that the tests expect."""
    return [
        *(Rude(), Nameless(), RudeList([1, 2]), RudeList(), RudeDict(a=1), RudeFloat(2), RudeInt(2), RudeText("abc"), RudeSet({1})),
        *(np.zeros((2, 2)).view(RudeArray), _objects(), _nested_in_itself(), _deep(), mock.Mock(), mock.MagicMock()),
        *((i for i in range(3)), ..., NotImplemented, ValueError("x"), np, len, Rude),
        *(Colour.RED, Level.HIGH, Pair(1, 2), slice(1, 2)),
        *(10**5000, -(10**30), [10**400, 1.0], decimal.Decimal(1), fractions.Fraction(1, 3)),
        *(b"ab", bytearray(b"a"), memoryview(b"a"), range(3), {1, frozenset({2})}, frozenset(), {Rude(): 1}, {None: 2}),
        *(np.ma.array([1.0, 2.0], mask=[0, 1]), np.zeros(2, dtype=[("a", int)]), np.array(["2020-01-01"], dtype="M8[D]")),
        *(np.array(["a", "b"]), np.array(None), np.array([1, 2.5], dtype=object), np.empty((0, 3)), np.empty(0)),
        *(np.longdouble(3), np.float16(2), np.str_("a"), np.bool_(True), np.datetime64("2020")),
        *(True, False, 0, 1.5, float("nan"), float("inf"), -0.0, 1j, complex("nan"), "", "1.5", "nan", b"", [], (), {}, set()),
        *([None], [[1, 2], [3]], [[1], [2, 3], "x"], [Rude()], ("a", 1), {"a": [1, {"b": Rude()}]}, [True, 2], [1 + 2j, 3], None),
        *_tensors(),
    ]
