"""What a check sees of a submission: `student.softmax(x)`, `student.Net()`, and handles of objects that stay in the student's process.

A call sends its arguments there and brings the value back. Nothing of the student's runs on this side: a value arrives as the plain
number, array or tensor that it holds, anything else as a `Remote`, which can be called and asked in turn.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import marshal
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

from grader.errors import AssignmentError, CheckFailed, ProtocolError, StudentRaised
from grader.messages import Call, Done, Fetch, Probe, Raised, Reference, Request, Returned, Value
from grader.pattern import Pattern, demand_pattern
from grader.wire import NotSendable, decode, encode

__all__ = [
    "Link",
    "Remote",
    "Student",
    "Transport",
    "call_and_echo",
    "library",
    "probe",
    "probe_code",
    "sent_form",
    "student_raises",
    "value_of",
]


class Transport(Protocol):
    """Whatever carries requests to student code: a locked-in process (`sandbox.session.Session`), or this one (`local`)."""

    def begin_check(self, seed: int, seconds: float, threads: int = 1, *, fresh: bool = False) -> None: ...

    def end_check(self, *, wait: bool = True) -> Done: ...

    def cpu_seconds(self) -> float: ...

    def request(self, request: Request) -> Any: ...


class Link:
    """The connection that proxies share; the plugin puts another transport behind it for each submission."""

    def __init__(self) -> None:
        self.transport: Transport | None = None

    def ask(self, request: Fetch | Call | Probe) -> Any:
        """The value that the student's process answers with. Raises `StudentRaised` if its code raised."""
        return self.receive(self.reply(request).value)

    def reply(self, request: Fetch | Call | Probe) -> Returned:
        if self.transport is None:
            raise AssignmentError("`student` was used outside of a check: use it in a test that takes the fixture, not at import")
        reply: Returned | Raised = self.transport.request(request)
        if isinstance(reply, Raised):
            raise StudentRaised(reply.failure)
        return reply

    def send(self, value: Any) -> Value:
        """The wire form of an argument."""
        try:
            return encode(value, self._reference_of)
        except NotSendable as error:
            raise AssignmentError(f"an argument cannot be sent to the student's process: {error}") from error

    def receive(self, value: Value) -> Any:
        return decode(value, self._remote)

    def _remote(self, reference: Reference) -> Remote:
        if reference.kind != "kept" or type(reference.root) is not int or reference.path or len(reference.type_name) > 80:
            raise ProtocolError("a reference to something else than an object that was kept")
        return Remote(self, reference)

    def _reference_of(self, value: Any) -> Reference:
        if isinstance(value, Remote):
            return object.__getattribute__(value, "_reference")  # type: ignore[no-any-return]
        raise AssignmentError(
            f"an argument of type {type(value).__name__} cannot be sent to the student's process: send numbers, text, arrays, tensors, "
            "lists or dicts of them, or make the object there with library(student, ...) or a probe"
        )


class Student:
    """The submission: every attribute is the student's own name."""

    def __init__(self, link: Link) -> None:
        object.__setattr__(self, "_link", link)

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):  # what Python and its tools ask of any object; no homework asks for such a name
            raise AttributeError(name)
        return Remote(object.__getattribute__(self, "_link"), Reference("name", name))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a student's names cannot be set from a check; use a probe")

    def __repr__(self) -> str:
        return "student"  # not its address, which is another one in each run's report


class Remote:
    """Something in the student's process: a name of theirs, a library's, or an object kept for this check."""

    def __init__(self, link: Link, reference: Reference) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_reference", reference)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        link, reference = _parts(self)
        further = Reference(reference.kind, reference.root, (*reference.path, name))
        # names and libraries are followed when they are used; an attribute of an object is read now, since it may be a value
        return Remote(link, further) if reference.kind != "kept" else link.ask(Fetch(further))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("an object in the student's process cannot be changed from here; use a probe")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        link, reference = _parts(self)
        return link.ask(Call(reference, tuple(map(link.send, args)), {name: link.send(value) for name, value in kwargs.items()}))

    def __len__(self) -> int:
        size = self._operate("len")
        return size if isinstance(size, int) and 0 <= size <= sys.maxsize else 0

    def __getitem__(self, index: Any) -> Any:
        return self._operate("getitem", index, module="operator")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._operate("list"))

    def __bool__(self) -> bool:
        return True

    @property
    def __student_type__(self) -> str:
        """The type of what it stands for, for messages."""
        _, reference = _parts(self)
        return reference.type_name or repr(self)

    def __repr__(self) -> str:
        _, reference = _parts(self)
        if reference.kind == "kept":
            return f"<a {reference.type_name} of the student's>"
        return ".".join(("student" if reference.kind == "name" else "library", str(reference.root), *reference.path))

    def _operate(self, function: str, *args: Any, module: str = "builtins") -> Any:
        link, _ = _parts(self)
        return link.ask(Call(Reference("library", module, (function,)), tuple(map(link.send, (self, *args)))))

    def _refuse(self, *_others: Any) -> NoReturn:
        _, reference = _parts(self)
        raise CheckFailed(
            f"expected a number, an array or a tensor, got an object of type {reference.type_name or reference.root!s}."
        )

    # a check that calculates with what it got, without looking, finds an object: the student's doing, not a bug of the check
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = _refuse
    __pow__ = __neg__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = __index__ = __array__ = _refuse


def _parts(remote: Remote) -> tuple[Link, Reference]:
    return object.__getattribute__(remote, "_link"), object.__getattribute__(remote, "_reference")


def _link_of(student: Student) -> Link:
    if not isinstance(student, Student):
        raise AssignmentError(f"the first argument must be the `student` fixture, not a {type(student).__name__}")
    return object.__getattribute__(student, "_link")  # type: ignore[no-any-return]


def library(student: Student, name: str) -> Remote:
    """A library's module in the student's process: `library(student, "torch.nn").CrossEntropyLoss()`."""
    return Remote(_link_of(student), Reference("library", name))


def value_of(remote: Remote) -> Any:
    """The value of a name of the student's: `value_of(student.learning_rate)`."""
    link, reference = _parts(remote)
    return link.ask(Fetch(reference))


def call_and_echo(function: Remote, *args: Any, **kwargs: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Call `function`; returns its value, and the arguments as the call left them."""
    link, reference = _parts(function)
    reply = link.reply(Call(reference, tuple(map(link.send, args)), {n: link.send(v) for n, v in kwargs.items()}, echo=True))
    return link.receive(reply.value), tuple(map(link.receive, reply.args)), {n: link.receive(v) for n, v in reply.kwargs.items()}


def sent_form(remote: Remote, value: Any) -> Value:
    """The record that a value crosses the border as."""
    link, _ = _parts(remote)
    return link.send(value)


def probe(function: Callable[..., Any] | None = None, *, returns: Pattern = object) -> Callable[..., Any]:
    """Make a function run in the student's process: `measure(student, net, x)` sends its source there and calls it with `net, x`.

    The source must stand alone: `torch`, `nn`, `F` and `np` are there, all else is imported inside. What it returns comes back as values.
    With `@probe(returns=(bool, [object]))` an answer that is no such pair fails the check, so that it can be unpacked without looking.
    """
    if function is None:
        return functools.partial(probe, returns=returns)
    name, code = probe_code(function)

    @functools.wraps(function)
    def call(student: Student, *args: Any, **kwargs: Any) -> Any:
        link = _link_of(student)
        answer = link.ask(Probe(name, code, tuple(map(link.send, args)), {n: link.send(v) for n, v in kwargs.items()}))
        demand_pattern(answer, returns, name)
        return answer

    return call


def probe_code(function: Callable[..., Any]) -> tuple[str, bytes]:
    """A function's name and its compiled source, as a probe carries them to the student's process."""
    name = function.__name__
    return name, marshal.dumps(compile(_source_of(function), f"probe {name}", "exec", dont_inherit=True))


def _source_of(function: Callable[..., Any]) -> str:
    """The function's source without decorators and annotations, which may name what only the grader has."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise AssignmentError(f"a probe must be a function written with def; {function.__name__!r} is none")
    definition.decorator_list = []
    definition.returns = None
    arguments = definition.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    return ast.unparse(tree)


@contextlib.contextmanager
def student_raises(*names: str, what: str = "the call") -> Iterator[None]:
    """The student's code has to raise one of the named builtin exceptions in here; values and other exceptions fail the check."""
    expected = " or ".join(names)
    try:
        yield
    except StudentRaised as error:
        if error.is_a(names):
            return
        if error.failure.outcome.value == "error":
            raise CheckFailed(f"{what}: expected {expected}, got {error.failure.summary}.") from error
        raise
    raise CheckFailed(
        f"{what}: expected {expected}, but nothing was raised.", hint=f"Raise {names[0]} for arguments that make no sense."
    )
