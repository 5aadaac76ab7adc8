"""What student code raised, in words: whose kind of outcome it is, and where in the student's own lines it happened."""

from __future__ import annotations

import errno
import linecache
import os
import re
import socket
import traceback

from grader.messages import Failure
from grader.outcomes import Outcome
from grader.sandbox.python2 import is_python_2
from grader.sandbox.sources import MissingName

__all__ = ["describe"]

_MAX_TEXT = 2_000
_MAX_TRACEBACK = 6_000
_OF_THE_GPU = re.compile(r"\bCUDA\b|\bGPU\b|\bCUBLAS_|\bCUDNN_")
_FORBIDDEN = {
    errno.EPERM: "is not allowed here",
    errno.EACCES: "is not allowed here",
    errno.EROFS: "is not allowed here: write to the working folder only",
    errno.EFBIG: "the file is larger than allowed",
    errno.ENOSPC: "more was written than allowed",
    errno.EDQUOT: "more was written than allowed",
    errno.EMFILE: "more files are open than allowed",
    errno.EAGAIN: "more processes than allowed",
    errno.ENETUNREACH: "there is no network here",
}
_NO_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "Cannot allocate memory",
    "bad allocation",
    "std::bad_alloc",
    "ALLOC_FAILED",
)


def describe(error: BaseException) -> Failure:
    """The failure record of an exception. Never raises, whatever `__str__` of the student's exception does."""
    if isinstance(error, MissingName):
        return _describe_missing(error)
    types = tuple(t.__name__[:80] for t in type(error).__mro__ if t not in (object, BaseException))
    text = _text_of(error)
    where, line = _place_of(error)
    return Failure(
        outcome=_outcome_of(error, text),
        types=types[:20] or (type(error).__name__[:80],),
        text=_explained(error, text)[:_MAX_TEXT],
        where=where[:200],
        line=line[:200],
        traceback=_traceback_of(error),
    )


def _describe_missing(error: MissingName) -> Failure:
    """A name is missing because nobody wrote it, or because the file that should define it did not get that far."""
    if error.failures:
        first = error.failures[0]
        text = f"`{error.wanted}` is not defined, because importing the submission ended with {first.summary}"
        return Failure(first.outcome, (), text, traceback=first.traceback)
    text = f"the submission defines no `{error.wanted}`"
    if error.call:
        text += f", and no call of {error.call} stands for it"
    if error.at_the_call:
        text += f"; where that is called, this happened: {error.at_the_call[0].summary}"
    elif error.unread:
        text += f"; what could not be read: {error.unread[0].summary}"
    return Failure(Outcome.NOT_ANSWERED, ("NameError",), text)


def _outcome_of(error: BaseException, text: str) -> Outcome:
    if isinstance(error, NotImplementedError):
        return Outcome.NOT_ANSWERED
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)):
        return Outcome.OUT_OF_MEMORY
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return Outcome.CRASHED
    if _errno_of(error) in _FORBIDDEN:
        return Outcome.FORBIDDEN
    if isinstance(error, RuntimeError) and "can't start new thread" in text:
        return Outcome.FORBIDDEN
    return Outcome.ERROR


def _errno_of(error: BaseException) -> int:
    """What the system said, also below urllib's error; 0: nothing."""
    reason = getattr(error, "reason", None)
    inner = reason if isinstance(error, OSError) and isinstance(reason, OSError) else error
    if isinstance(inner, socket.gaierror):
        return errno.ENETUNREACH  # its numbers are of its own; a name that cannot be looked up is the network that is not there
    return inner.errno or 0 if isinstance(inner, OSError) else 0


def _explained(error: BaseException, text: str) -> str:
    if isinstance(error, SystemExit):
        return "the code calls sys.exit() or exit()"
    if (number := _errno_of(error)) in _FORBIDDEN:
        return f"{text} ({_FORBIDDEN[number]})"
    if isinstance(error, RuntimeError) and _outcome_of(error, text) is Outcome.OUT_OF_MEMORY and _OF_THE_GPU.search(text):
        return f"the GPU's memory is used up: {text}"
    if isinstance(error, EOFError):
        return f"{text} (the code waits for keyboard input)"
    if is_python_2(error):
        return f"this is Python 2 ({text}): Python 3 is wanted"
    return text


def _text_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg}"
    try:
        return str(error)[:_MAX_TEXT]
    except BaseException as second:  # noqa: BLE001 - the student's own __str__ raised
        return f"(its text could not be made: {type(second).__name__})"


def _place_of(error: BaseException) -> tuple[str, str]:
    """The student's own innermost line: units are compiled under their labels, which are no paths of installed code."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}, line {error.lineno}", (error.text or "").strip()
    place = ("", "")
    for frame, number in traceback.walk_tb(error.__traceback__):
        label = frame.f_code.co_filename
        if _is_own(label):
            place = (f"{_shown(label)}, line {number}", linecache.getline(label, number).strip())
    return place


def _is_own(label: str) -> bool:
    """Whether a code object's file name is one of the submission's: a unit's label, or a file in the working folder."""
    if os.path.isabs(label):
        return label.startswith(os.getcwd() + os.sep)
    return not label.startswith(("<", "probe "))


def _shown(label: str) -> str:
    return os.path.relpath(label) if os.path.isabs(label) else label


def _traceback_of(error: BaseException) -> str:
    """The traceback from the first own line on; the harness's frames before it say nothing to anybody."""
    try:
        frames = traceback.extract_tb(error.__traceback__, limit=200)
        own = [i for i, entry in enumerate(frames) if _is_own(entry.filename)]
        shown = frames[own[0] :] if own else frames[-3:]
        lines = traceback.format_list(shown[:15]) + traceback.format_exception_only(error)
        return "".join(lines)[-_MAX_TRACEBACK:]
    except BaseException as second:  # noqa: BLE001 - student code runs in here: __str__, __repr__
        return f"(no traceback: {type(second).__name__})"
