"""`grader.wire`: what crosses the border arrives as it was, as a plain value, and nothing else gets through."""

from __future__ import annotations

import collections
import math
import struct
from typing import Any, NoReturn

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grader.errors import ProtocolError
from grader.messages import Array, Blob, Constant, Items, Mapping, Number, Raised, Reference, Reply, Request, Returned, Value
from grader.wire import MAX_FRAME, NotSendable, decode, decode_frame_length, encode, frame, typed_decoder

NUMPY_DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
TORCH_DTYPES = [getattr(torch, name) for name in (*NUMPY_DTYPES, "bfloat16")]
SHAPES = [(), (0,), (1,), (3,), (2, 3), (2, 0, 3), (1, 2, 1, 2)]

decode_reply = typed_decoder(Reply)
repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=200)


def keep(value: object) -> Reference:
    """What stays there gets a number."""
    return Reference("kept", 5, type_name=type(value).__name__)


def refuse(value: object) -> NoReturn:
    raise AssertionError(f"{type(value)} should have a form of its own")


def resolve(reference: Reference) -> Any:
    return reference


def there_and_back(value: object) -> Any:
    """The value after encoding, MessagePack, the strict decoder, and decoding."""
    payload = msgspec.msgpack.encode(Returned(encode(value, refuse)))
    return decode(decode_reply(payload).value, resolve)


def same(one: Any, other: Any) -> bool:
    """Equal in type and value; nan equals nan, and 0.0 is not -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return bool(one == other)


def bits(tensor: torch.Tensor) -> bytes:
    """The tensor's values as bytes, in C order."""
    flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


# --- round trips ------------------------------------------------------------------------------------------------------------------

integers = st.integers(-(2**4095), 2**4095) | st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
hashable = st.none() | st.booleans() | integers | st.floats(allow_nan=False) | st.text() | st.binary()
atoms = hashable | st.floats() | st.complex_numbers()
nested = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(hashable, inner, max_size=4),
        st.sets(hashable),
    ),
    max_leaves=12,
)


@repeatable
@given(value=nested)
def test_nested_containers_arrive_as_they_were(value: object) -> None:
    """Numbers of any size, text, bytes, and containers of them: same types, same values, same order."""
    assert same(there_and_back(value), value)


@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
@settings(repeatable, max_examples=15)
@given(data=st.data())
def test_arrays_arrive_bit_by_bit(dtype: str, data: st.DataObject) -> None:
    """Every dtype, axes from none to four, lengths of 0 included; the copy is writable and nobody else's."""
    array = data.draw(arrays(dtype, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)))
    back = there_and_back(array)
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert back.flags.writeable
    assert back.base is None


@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
def test_numpy_scalars_stay_numpy_scalars(dtype: str) -> None:
    """np.float32(1) does not become a Python float, nor an array without axes."""
    back = there_and_back(np.dtype(dtype).type(1))
    assert type(back) is np.dtype(dtype).type
    assert back == 1


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_tensors_arrive_bit_by_bit(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """Every dtype, bfloat16 included, from no axes on and with lengths of 0."""
    numbers = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 3
    tensor = numbers.abs().to(dtype) if dtype in (torch.uint16, torch.uint32, torch.uint64) else numbers.to(dtype)
    back = there_and_back(tensor)
    assert type(back) is torch.Tensor
    assert (back.dtype, back.shape, bits(back)) == (tensor.dtype, tensor.shape, bits(tensor))
    assert not back.requires_grad
    if back.numel():
        back.zero_()  # writable, without a warning


def test_requires_grad_travels_and_the_graph_does_not() -> None:
    """A parameter and the result of a computation arrive as leaves that require a gradient; under no_grad, too."""
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    assert there_and_back(weight).requires_grad
    assert type(there_and_back(weight)) is torch.Tensor
    result = there_and_back(weight * 2)
    assert result.requires_grad
    assert result.is_leaf
    with torch.no_grad():
        assert there_and_back(weight).requires_grad
    assert not there_and_back(weight.detach()).requires_grad


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda z: z.t(), id="transposed"),
        pytest.param(lambda z: z[:, ::2], id="strided"),
        pytest.param(lambda z: z.conj(), id="conj"),
        pytest.param(lambda z: z.conj().imag, id="negated"),
        pytest.param(lambda z: z[0].expand(5, 4), id="expanded"),
        pytest.param(lambda z: z.flip(0)[1], id="row"),
    ],
)
def test_views_arrive_as_what_they_show(view: Any) -> None:
    """Not contiguous, lazily conjugated or negated, expanded: the values as one sees them."""
    z = torch.arange(12.0).reshape(3, 4) * (1 + 2j)
    seen = view(z)
    back = there_and_back(seen)
    assert back.shape == seen.shape
    assert torch.equal(back, seen.resolve_conj().resolve_neg().clone())


def test_arrays_arrive_in_native_order_whatever_their_layout() -> None:
    """Fortran order, negative strides and big-endian numbers are made plain."""
    array = np.arange(6, dtype=">f8").reshape(2, 3, order="F")[::-1]
    back = there_and_back(array)
    assert back.dtype == np.dtype("float64")
    assert back.dtype.isnative
    assert back.tolist() == array.tolist()


def test_constants_of_torch_arrive() -> None:
    """dtypes and devices have a form of their own."""
    assert there_and_back(torch.bfloat16) is torch.bfloat16
    assert there_and_back(torch.device("cuda", 1)) == torch.device("cuda", 1)


def test_lone_surrogates_become_question_marks() -> None:
    """Text that UTF-8 has no form for is no reason to lose an answer."""
    assert there_and_back("a\ud800b\udfff") == "a?b?"
    assert there_and_back({"\udc80": "\udc80"}) == {"?": "?"}


def test_frozen_sets_and_bytearrays_arrive_as_sets_and_bytes() -> None:
    """Two types that have no form of their own are sent as their nearest kin."""
    assert same(there_and_back(frozenset({3, "x"})), {3, "x"})
    assert same(there_and_back(bytearray(b"\0\xff")), b"\0\xff")


# --- exact types ------------------------------------------------------------------------------------------------------------------


def boom(*_: object, **__: object) -> NoReturn:
    raise ZeroDivisionError("a method of the student's ran")


class Text(str):
    __str__ = __repr__ = __len__ = __iter__ = encode = __eq__ = boom
    __hash__ = str.__hash__


class Whole(int):
    __int__ = __index__ = __repr__ = __pos__ = __eq__ = __lt__ = __le__ = __ge__ = __gt__ = bit_length = boom
    __hash__ = int.__hash__


class Real(float):
    __float__ = __repr__ = __pos__ = __eq__ = boom
    __hash__ = float.__hash__


class Imaginary(complex):
    __complex__ = __repr__ = __pos__ = __eq__ = boom
    __hash__ = complex.__hash__


class Octets(bytes):
    __bytes__ = __len__ = __iter__ = __getitem__ = __eq__ = boom
    __hash__ = bytes.__hash__


class Buffer(bytearray):
    __len__ = __iter__ = __getitem__ = boom


class Row(list):
    __iter__ = __len__ = __getitem__ = __eq__ = boom
    __hash__ = object.__hash__


class Pair(tuple):
    __iter__ = __len__ = __getitem__ = __eq__ = boom
    __hash__ = tuple.__hash__


class Table(dict):
    __iter__ = __len__ = __getitem__ = items = keys = values = __eq__ = boom
    __hash__ = object.__hash__


class Bag(set):
    __iter__ = __len__ = __contains__ = __eq__ = boom
    __hash__ = object.__hash__


class Grid(np.ndarray):
    __array__ = __len__ = __iter__ = __getitem__ = tobytes = astype = __eq__ = boom
    __hash__ = object.__hash__


class Single(np.float64):
    __array__ = __float__ = __repr__ = tobytes = __eq__ = boom
    __hash__ = np.float64.__hash__


class Tensor(torch.Tensor):
    __torch_function__ = classmethod(boom)
    shape = dtype = layout = device = requires_grad = property(boom)
    detach = cpu = numpy = contiguous = numel = __len__ = __iter__ = boom


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Text("abc"), "abc"),
        (Whole(2**70), 2**70),
        (Whole(7), 7),
        (Real(0.5), 0.5),
        (Imaginary(1, 2), 1 + 2j),
        (Octets(b"abc"), b"abc"),
        (Buffer(b"abc"), b"abc"),
        (Row([1, Row([2])]), [1, [2]]),
        (Pair((1, Whole(2))), (1, 2)),
        (Table({1: Row([2])}), {1: [2]}),
        (Bag({1, 2}), {1, 2}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.namedtuple("Point", "x y")(1, 2), (1, 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_arrive_as_the_plain_value(value: object, plain: object) -> None:
    """The value that they hold, and none of their methods is asked for it."""
    assert same(there_and_back(value), plain)


def test_a_subclass_of_an_array_arrives_as_an_array() -> None:
    """ndarray and numpy's scalars: the numbers alone."""
    back = there_and_back(np.arange(3.0).view(Grid))
    assert type(back) is np.ndarray
    assert back.tolist() == [0, 1, 2]
    single = there_and_back(Single(0.25))
    assert type(single) is np.float64
    assert single == 0.25
    assert there_and_back(np.ma.masked_array([1, 2], mask=[True, False])).tolist() == [1, 2]


def test_a_subclass_of_a_tensor_arrives_as_a_tensor() -> None:
    """Neither its __torch_function__ nor its properties are asked."""
    back = there_and_back(torch.tensor([1.0, 2.0], requires_grad=True).as_subclass(Tensor))
    assert type(back) is torch.Tensor
    assert back.tolist() == [1, 2]
    assert back.requires_grad


# --- what stays there, and what cannot be sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [object(), len, torch.nn.Linear(2, 2), torch.arange(3.0).to_sparse(), torch.empty(2, device="meta"), iter([]), range(3), int],
    ids=lambda value: type(value).__name__,
)
def test_everything_else_is_kept(value: object) -> None:
    """Objects, functions, networks, sparse and abstract tensors become references."""
    assert encode([value], keep) == Items("list", (Reference("kept", 5, type_name=type(value).__name__),))


def nest(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.array([1, None]), "a numpy array of dtype object"),
        (np.array(["a"]), "a numpy array of dtype <U1"),
        (np.zeros(2, [("x", "i4")]), "a numpy array of dtype [('x', '<i4')]"),
        (np.datetime64("2024-01-01"), "a numpy array of dtype datetime64[D]"),
        (nest(25), "containers nested more than 24 deep"),
        (LOOP, "containers nested more than 24 deep"),
        (2**4096, "an integer of 4,097 bits"),
        (np.broadcast_to(np.float64(1), (2**26,)), "an array of 536,870,912 bytes (at most 268,435,456 are sent)"),
        (torch.ones(1).expand(2**27), "an array of 536,870,912 bytes (at most 268,435,456 are sent)"),
        (np.ones((1,) * 33), "an array of 33 axes (at most 32 are sent)"),
        (torch.ones((1,) * 33), "an array of 33 axes (at most 32 are sent)"),
    ],
    ids=[
        "objects",
        "texts",
        "records",
        "dates",
        "deep",
        "itself",
        "long",
        "large array",
        "large tensor",
        "axes of an array",
        "axes of a tensor",
    ],
)
def test_what_has_no_form_is_refused_with_a_reason(value: object, sentence: str) -> None:
    """Arrays of objects, too deep, too large: told before anything is copied."""
    with pytest.raises(NotSendable) as refused:
        encode(value, keep)
    assert str(refused.value) == sentence


def test_the_deepest_that_is_sent_arrives() -> None:
    """The two sides agree on the limit."""
    assert there_and_back(nest(24)) == nest(24)
    axes = (1,) * 32
    assert there_and_back(np.ones(axes)).shape == axes


# --- a process that lies ----------------------------------------------------------------------------------------------------------

DEEP: Value = Items("list", ())
for _ in range(40):
    DEEP = Items("list", (DEEP,))


@pytest.mark.parametrize("library", ["numpy", "scalar", "torch"])
@pytest.mark.parametrize(
    ("dtype", "shape", "size", "sentence"),
    [
        ("float32", (-1,), 0, "no array has dtype 'float32' and shape (-1,)"),
        ("float32", (-2, -2), 16, "no array has dtype 'float32' and shape (-2, -2)"),
        ("object", (1,), 8, "no array has dtype 'object' and shape (1,)"),
        ("O", (1,), 8, "no array has dtype 'O' and shape (1,)"),
        ("float32", (1,) * 33, 4, "no array has dtype 'float32' and shape (1, 1, 1, 1, 1, 1, 1, 1)"),
        ("float32", (2**40,), 4, "an array of shape (1099511627776,) and dtype float32 came with 4 bytes, not 4398046511104"),
        ("float32", (2**63, 2**63), 4, "no array has dtype 'float32' and shape (9223372036854775808, 9223372036854775808)"),
        ("float32", (0, 2**63), 0, "no array has dtype 'float32' and shape (0, 9223372036854775808)"),
        ("float32", (0, 2**40, 2**40), 0, "no array has dtype 'float32' and shape (0, 1099511627776, 1099511627776)"),
        ("float32", (3,), 8, "an array of shape (3,) and dtype float32 came with 8 bytes, not 12"),
        ("float32", (), 0, "an array of shape () and dtype float32 came with 0 bytes, not 4"),
        ("complex128", (0,), 16, "an array of shape (0,) and dtype complex128 came with 16 bytes, not 0"),
    ],
)
def test_an_array_that_contradicts_itself_is_refused(
    library: Any, dtype: str, shape: tuple[int, ...], size: int, sentence: str
) -> None:
    """Negative and absurd lengths, unknown dtypes, too few bytes or too many: refused without allocating."""
    with pytest.raises(ProtocolError) as refused:
        decode(Array(library, dtype, shape, bytes(size)), resolve)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (DEEP, "containers nested more than 24 deep"),
        (Items("set", (Items("list", ()),)), "a set with members that cannot be hashed"),
        (Mapping(((Array("numpy", "int8", (1,), b"a"), 1),)), "a dict with members that cannot be hashed"),
        (Number("int", "12a"), "'12a' is no int"),
        (Number("complex", "__import__('os')"), "\"__import__('os')\" is no complex"),
        (Number("int", "9" * 5000), f"'{'9' * 40}' is no int"),
        (Constant("dtype", "nn"), "'nn' is no dtype of torch"),
        (Constant("dtype", "_dynamo"), "'_dynamo' is no dtype of torch"),
        (Constant("device", "cpu; rm -r"), "'cpu; rm -r' is no device of torch"),
        (Constant("device", ""), "'' is no device of torch"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(value: Value, sentence: str) -> None:
    """What no honest encoder sends."""
    with pytest.raises(ProtocolError) as refused:
        decode(value, resolve)
    assert str(refused.value) == sentence


def test_a_header_that_announces_too_much_is_refused_before_anything_is_read() -> None:
    """At most 512 MiB in one message."""
    assert decode_frame_length(frame(b"abc")[:8]) == 3
    assert decode_frame_length(struct.pack("<Q", MAX_FRAME)) == MAX_FRAME
    with pytest.raises(ProtocolError) as refused:
        decode_frame_length(struct.pack("<Q", MAX_FRAME + 1))
    assert str(refused.value) == "a message of 536,870,913 bytes was announced; at most 536,870,912 are accepted"


def test_a_message_of_another_kind_is_refused() -> None:
    """A request is no reply, a field too many is one too many, and a type is not what its text says."""
    payloads = [
        msgspec.msgpack.encode({"type": "Renew"}),
        msgspec.msgpack.encode({"type": "Returned", "value": None, "points": 10}),
        msgspec.msgpack.encode({"type": "Returned", "value": {"type": "Verdict"}}),
        msgspec.msgpack.encode({"type": "Raised", "failure": {"type": "Failure", "outcome": "splendid", "types": [], "text": ""}}),
        b"",
    ]
    for payload in payloads:
        with pytest.raises(ProtocolError, match=r"^a message that is none of ours"):
            decode_reply(payload)


def test_too_many_values_are_refused_before_anything_is_made_of_them() -> None:
    """Two million values in a message; an array is one, however large."""
    small = msgspec.msgpack.encode(Returned(Items("list", (None,) * 1_900_000)))
    assert len(decode_reply(small).value.items) == 1_900_000
    with pytest.raises(ProtocolError, match=r"^a message of more than 2,000,000 values$"):
        decode_reply(msgspec.msgpack.encode(Returned(Items("list", (None,) * 2_000_000))))
    assert there_and_back(np.ones(3_000_000, np.int8)).sum() == 3_000_000


def test_keys_that_could_all_have_one_hash_are_few() -> None:
    """A thousand complex numbers are let through as members of a set, more are not; text and numbers may be many."""
    assert len(there_and_back({complex(n, 1) for n in range(1000)})) == 1000
    assert len(there_and_back(dict.fromkeys(range(5000)))) == 5000
    for value, kind in (({complex(n, 1) for n in range(1001)}, "set"), (dict.fromkeys((n,) for n in range(1001)), "dict")):
        with pytest.raises(ProtocolError) as refused:
            there_and_back(value)
        assert str(refused.value) == f"a {kind} with more than 1,000 members that are neither text nor ordinary numbers"


def test_booleans_are_true_or_false() -> None:
    """A byte of 2 is no boolean."""
    for library in ("numpy", "torch"):
        with pytest.raises(ProtocolError, match=r"^an array of booleans with bytes that are neither true nor false$"):
            decode(Array(library, "bool", (2,), b"\1\2"), resolve)  # type: ignore[arg-type]


def test_announced_lengths_allocate_nothing() -> None:
    """A list that claims four thousand million items in a message of a few bytes."""
    payload = msgspec.msgpack.encode(Returned(Items("list", ())))
    at = payload.index(b"\xa5items\x90") + len(b"\xa5items")
    for header in (b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff"):
        with pytest.raises(ProtocolError, match=r"^a message that is none of ours"):
            decode_reply(payload[:at] + header)


FRAMES = [
    msgspec.msgpack.encode(Returned(encode(value, keep), (encode(value, keep),), {"x": encode(value, keep)}))
    for value in (
        [1, 2.5, "three", None, True, b"four", 5j, 2**80],
        {"a": (np.arange(6.0).reshape(2, 3), torch.ones(2, 2, requires_grad=True)), (1, 2): {3, 4}},
        {torch.float32: torch.device("cpu"), "net": len},
        [[np.float32(3), np.zeros((0, 4))], nest(20)],
    )
]


def read(payload: bytes) -> None:
    """What the grader does with a message; only `ProtocolError` may come out."""
    try:
        reply = decode_reply(payload)
        for value in (reply.value, *reply.args, *reply.kwargs.values()) if isinstance(reply, Returned) else ():
            decode(value, resolve)
    except ProtocolError:
        pass


@settings(repeatable, max_examples=500)
@given(payload=st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_protocol_errors(payload: bytes) -> None:
    """The decoder of replies takes anything."""
    with pytest.raises(ProtocolError):  # none of the examples happens to be a reply
        decode_reply(payload)


@settings(repeatable, max_examples=500, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_frames_raise_nothing_but_protocol_errors(data: st.DataObject) -> None:
    """Valid messages with bytes changed, cut out, doubled or cut off."""
    payload = bytearray(data.draw(st.sampled_from(FRAMES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(payload) - 1)))
        piece = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"\xdd\xff\xff\xff\xff", b"\xcf" + b"\xff" * 8, b"\xd0\x80", b"\xc0"])
        )
        payload[at : at + data.draw(st.integers(0, 4))] = piece
    read(bytes(payload))


def test_a_frame_byte_by_byte() -> None:
    """Every byte of a valid message set to what it must not be, one after the other."""
    for payload in FRAMES:
        read(payload)
        for at in range(len(payload)):
            for byte in (0x00, 0x7F, 0x80, 0x90, 0xC0, 0xCF, 0xFF):
                read(payload[:at] + bytes([byte]) + payload[at + 1 :])
            read(payload[:at])


texts = st.text(max_size=8) | st.sampled_from([*NUMPY_DTYPES, "bfloat16", "cpu", "1e999", "nan", "-0"])
lengths = st.integers(-1, 3) | st.integers(-(2**63), 2**64 - 1)
records: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**64 - 1)
    | st.builds(Blob, st.binary(max_size=4))
    | st.builds(
        Array,
        st.sampled_from(["numpy", "scalar", "torch"]),
        texts,
        st.lists(lengths, max_size=3).map(tuple),
        st.binary(max_size=16),
        st.booleans(),
    )
    | st.builds(Number, st.sampled_from(["int", "complex"]), texts)
    | st.builds(Constant, st.sampled_from(["dtype", "device"]), texts)
    | st.builds(Reference, st.sampled_from(["kept", "name", "library"]), texts | st.integers(-5, 5)),
    lambda inner: (
        st.builds(Items, st.sampled_from(["list", "tuple", "set"]), st.lists(inner, max_size=3).map(tuple))
        | st.builds(Mapping, st.lists(st.tuples(inner, inner), max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@settings(repeatable, max_examples=300, suppress_health_check=list(HealthCheck))
@given(record=records)
def test_lying_records_raise_nothing_but_protocol_errors(record: Value) -> None:
    """Well-formed messages whose content is nonsense."""
    read(msgspec.msgpack.encode(Returned(record)))


def test_requests_and_failures_pass_the_same_way() -> None:
    """The strict decoder gives back what was encoded, whatever the kind of message."""
    from grader.messages import Begin, Call, Failure
    from grader.outcomes import Outcome

    requests = [
        Begin(7, 2),
        Begin(7, 2, fork=True),
        Call(Reference("name", "f"), (1, Blob(b"x")), {"k": Items("tuple", (None,))}, echo=True),
    ]
    decode_request = typed_decoder(Request)
    assert [decode_request(msgspec.msgpack.encode(request)) for request in requests] == requests
    raised = Raised(Failure(Outcome.TIMEOUT, ("TimeoutError", "OSError"), "slow", "a.py, line 3", "x = 1"))
    assert decode_reply(msgspec.msgpack.encode(raised)) == raised
    assert raised.failure.summary == "TimeoutError: slow (a.py, line 3: x = 1)"
