"""What is done while a submission is imported: which calls are captured or left out, and what stands in for what is not there.

Declared in `assignment.toml` under `[flow]`, sent to the student's process with the submission's code. Students keep whole sessions
in a notebook: data is loaded and nets are trained at top level. Importing such a notebook must not train; what a training call
receives is an answer all the same.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

import msgspec

__all__ = ["NO_SECTION", "Answer", "Arrays", "Calls", "Dataset", "Definition", "Flow", "Parameter", "Section", "parse_call"]

NO_SECTION = "none"


class _Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of what is declared."""


class Calls(_Declared, frozen=True):
    """Calls of a function of the submission's that are captured: not run, their arguments kept.

    `call` is the function with its parameters, `train(model, optimizer, epochs=1)`. `also` are patterns of other names under which
    students keep functions of the same use; such a function has to take the parameters that have no default here, by name.
    """

    call: str
    also: tuple[str, ...] = ()


class Section(_Declared, frozen=True):
    """A part of a notebook: it begins at a heading that holds one of these phrases, and ends where another one begins."""

    name: str
    headings: tuple[str, ...]


class Answer(_Declared, frozen=True):
    """Where the answer `name` comes from if the submission defines no such name: a function that returns what was captured.

    `gives`: parameters of the captured call; one alone returns the value, several return a tuple. Without `call`, variables that the
    section's cells have set. Of several answers of one name the first that finds anything counts. What one call received answers one
    name: a net that is trained twice is no second answer.
    """

    name: str
    gives: tuple[str, ...]
    call: str = ""
    section: str = ""  # only in this section; "none": only outside of all
    where: dict[
        str, str
    ] = {}  # parameter -> the function or class, the submission's or a library's, which it is or is an instance of
    unlike: dict[str, str] = {}  # parameter -> what it must not be
    holds: dict[str, str] = {}  # parameter -> a class of layers of which it holds one
    exactly: dict[str, int] = {}  # parameter -> how many of them it holds, no more and no fewer
    lacks: dict[str, tuple[str, ...]] = {}  # parameter -> classes of layers of which it holds none
    after: str = ""  # only after the call that gives this other answer
    before: str = ""
    pick: str = "last"  # or "first"


class Definition(_Declared, frozen=True):
    """A class that notebooks often define under one name with another: the one called `called` whose instances take this input."""

    name: str  # as the questions ask for it
    takes: tuple[int, ...]  # the input's shape
    called: str = ""  # as the submission may call it; empty: by the same name


class Dataset(_Declared, frozen=True):
    """A data set of torchvision's that needs no files while the submission is imported: random images, real length."""

    name: str  # "torchvision.datasets.CIFAR10"
    shape: tuple[int, ...]  # of one image: channels, height, width
    classes: tuple[str, ...]
    train: int
    test: int


class Arrays(_Declared, frozen=True):
    """A function of a course's own that returns ((x_train, t_train), (x_test, t_test)) in numpy: "dataset.mnist.load_mnist"."""

    name: str
    shape: tuple[int, ...]
    classes: int
    train: int
    test: int


class Flow(_Declared, frozen=True):
    """All that is declared about the import of a submission."""

    calls: tuple[Calls, ...] = ()
    skip: tuple[str, ...] = ()  # patterns of functions, and methods ("Trainer.train"), whose calls are not run
    sections: tuple[Section, ...] = ()
    answers: tuple[Answer, ...] = ()
    definitions: tuple[Definition, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    arrays: tuple[Arrays, ...] = ()
    inert: tuple[str, ...] = ()  # modules that need not be there: what is done with them has no effect
    elsewhere: tuple[str, ...] = ()  # a course's own modules: what is imported from them is looked for among the submission's names


class Parameter(NamedTuple):
    name: str
    required: bool


def parse_call(text: str) -> tuple[str, tuple[Parameter, ...]]:
    """`train(model, optimizer, epochs=1)` -> ("train", its parameters). Raises ValueError for what is no such thing.

    >>> parse_call("train(model, epochs=1)")
    ('train', (Parameter(name='model', required=True), Parameter(name='epochs', required=False)))
    """
    try:
        expression = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"no call: {text}") from error
    match expression:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            positional = [argument.id for argument in args if isinstance(argument, ast.Name)]
            named = [keyword.arg for keyword in keywords if keyword.arg is not None]
            if (
                len(positional) == len(args)
                and len(named) == len(keywords)
                and len({*positional, *named}) == len(args) + len(keywords)
            ):
                return name, (*(Parameter(p, True) for p in positional), *(Parameter(n, False) for n in named))
    raise ValueError(f"no call: {text}")
