"""From what a check raised to what became of it: the outcome, whose doing it is, and what to tell whom."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from typing import NamedTuple

import _pytest
import pluggy
import pytest

from grader.errors import AssignmentError, CheckFailed, GraderError, MachineLacks, ProtocolError, StudentRaised, StudentStopped
from grader.outcomes import Fault, Outcome

__all__ = ["Verdict", "classify"]

_HARNESS = str(Path(__file__).parent)
_PYTEST = tuple(str(Path(inspect.getfile(module)).parent) for module in (_pytest, pluggy))
_MAX_STAFF = 8_000


class Verdict(NamedTuple):
    """What became of a check. `message` and `hint` are for the student, `staff_message` for the instructor alone."""

    outcome: Outcome
    fault: Fault
    message: str = ""
    hint: str = ""
    staff_message: str = ""


PASSED = Verdict(Outcome.PASSED, Fault.NOBODY)


def classify(error: BaseException | None) -> Verdict:
    """The verdict on a check that ended with this exception (None: it passed)."""
    match error:
        case None:
            return PASSED
        case CheckFailed():
            return Verdict(error.outcome, Fault.STUDENT, error.message, error.hint, _example(error))
        case StudentRaised():
            return _raised(error)
        case StudentStopped():
            return Verdict(error.outcome, Fault.STUDENT, _sentence(error.message))
        case ProtocolError():  # the student's process again: points that nobody can grade would leave its score's denominator
            return Verdict(Outcome.CRASHED, Fault.STUDENT, f"The process sent something that is no answer ({error}).")
        case MachineLacks():
            return Verdict(Outcome.NOT_GRADED, Fault.MACHINE, str(error))
        case pytest.skip.Exception():
            return Verdict(Outcome.NOT_GRADED, Fault.MACHINE, _sentence(error.msg or "skipped"))
        case AssertionError():
            return Verdict(Outcome.FAILED, Fault.STUDENT, str(error) or "the check failed.", staff_message=_trace(error))
    if type(error).__module__.startswith("hypothesis") and "Flaky" in type(error).__name__:
        message = "The result is not the same when the same input comes again."
        return Verdict(
            Outcome.FAILED, Fault.STUDENT, message, "Does the function keep something from one call to the next?", _trace(error)
        )
    return _not_graded(error)


def _raised(error: StudentRaised) -> Verdict:
    failure = error.failure
    if failure.outcome is Outcome.NOT_ANSWERED:
        text = failure.text if failure.types[:1] == ("NameError",) else "not answered yet"
        return Verdict(Outcome.NOT_ANSWERED, Fault.STUDENT, _sentence(text))
    return Verdict(failure.outcome, Fault.STUDENT, _sentence(failure.summary), staff_message=failure.traceback)


def _not_graded(error: BaseException) -> Verdict:
    """An exception that no student's value should cause: the check's author's, or ours, by where it was raised."""
    fault = Fault.AUTHOR
    if isinstance(error, GraderError):
        fault = error.fault
    else:
        innermost = [frame.filename for frame in traceback.extract_tb(error.__traceback__)][-1:]
        if innermost and innermost[0].startswith(_HARNESS):
            fault = Fault.HARNESS
    whose = {Fault.AUTHOR: "the check itself is wrong", Fault.HARNESS: "the grader went wrong"}.get(fault, "")
    message = f"Not graded: {whose}; your instructor has been told." if whose else f"Not graded: {error}"
    detail = str(error) if isinstance(error, AssignmentError) else _trace(error)
    return Verdict(Outcome.NOT_GRADED, fault, message, staff_message=detail)


def _example(error: BaseException) -> str:
    """Hypothesis' notes: the input with which the check failed."""
    return "\n".join(getattr(error, "__notes__", ()))


def _trace(error: BaseException) -> str:
    """The traceback from the check on: pytest's own frames before it say nothing to anybody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PYTEST):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))[-_MAX_STAFF:]


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ")")) or not text else f"{text}."
