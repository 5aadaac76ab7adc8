"""The exceptions of the package: one for each way in which it can be misused, and what a student's process can do to a check.

A `GraderError` reaches the user as one sentence and exit code 2: what is wrong, what was expected, what was found, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.outcomes import Fault, Outcome

if TYPE_CHECKING:
    from grader.messages import Failure

__all__ = [
    "AssignmentError",
    "CheckFailed",
    "GraderError",
    "MachineLacks",
    "ProtocolError",
    "SandboxError",
    "StudentRaised",
    "StudentStopped",
    "SubmissionError",
    "UsageError",
]


class GraderError(Exception):
    """A misuse or a missing thing, told in one sentence."""

    fault: Fault = Fault.HARNESS


class UsageError(GraderError):
    """The command line asks for something that is not there."""


class AssignmentError(GraderError):
    """The assignment is malformed: its author has to mend it."""

    fault = Fault.AUTHOR


class SubmissionError(GraderError):
    """What was handed in cannot be read: no such file, a broken archive, another homework."""

    fault = Fault.STUDENT


class SandboxError(GraderError):
    """The student's process could not be started or locked in."""


class ProtocolError(GraderError):
    """A message from the student's process is not one of ours."""

    fault = Fault.STUDENT


class MachineLacks(GraderError):
    """The machine has not what a check needs (a GPU, a data set): the check is not graded."""

    fault = Fault.MACHINE


class CheckFailed(AssertionError):
    """A judgement went against the student.

    `message` says what was expected and found; `hint` what it could be; `evidence` is the student's value, by which a known
    mistake is recognised.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        evidence: object = None,
        outcome: Outcome = Outcome.FAILED,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.evidence = evidence
        self.outcome = outcome


class StudentRaised(Exception):
    """The student's code raised; the exception itself stayed in the student's process."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure

    @property
    def outcome(self) -> Outcome:
        return self.failure.outcome

    def is_a(self, names: Sequence[str]) -> bool:
        """Whether the student's exception is, or derives from, one of the named builtin types."""
        return any(name in self.failure.types for name in names)


class StudentStopped(BaseException):
    """The student's process is gone: out of time, crashed, killed.

    Derives from `BaseException` so that neither a check's `except Exception` nor Hypothesis' search for a smaller example goes on
    with a process that is not there.
    """

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message
