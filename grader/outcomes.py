"""The vocabulary of grading: what became of a check, and whose doing that was.

This module imports nothing of the package, so that every other one, the student's process included, may speak in its terms.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Fault", "Outcome", "Visibility"]


class Fault(StrEnum):
    """Whose doing it is that a check did not pass. Only the student's costs points."""

    NOBODY = "nobody"
    STUDENT = "student"
    AUTHOR = "author"  # the assignment: a check that raised, points that do not add up
    HARNESS = "harness"  # this software
    MACHINE = "machine"  # a missing GPU, a missing data set, a full disk


class Outcome(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"  # it ran, and the values are wrong
    ERROR = "error"  # the student's code raised
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"  # the process died: a signal, os._exit, sys.exit
    FORBIDDEN = "forbidden"  # it tried what the lock-in or the assignment does not allow
    NOT_ANSWERED = "not_answered"  # the stub as it was handed out, None, or a missing name
    BLOCKED = "blocked"  # a check that it depends on did not pass
    NOT_GRADED = "not_graded"  # nobody could tell: see the fault

    @property
    def fault(self) -> Fault:
        """Whose doing the outcome is, where the outcome alone tells; `NOT_GRADED` says so beside it."""
        if self is Outcome.PASSED:
            return Fault.NOBODY
        if self is Outcome.NOT_GRADED:
            return Fault.HARNESS
        return Fault.STUDENT


class Visibility(StrEnum):
    """Who may see the details of a check."""

    PUBLIC = "public"  # the student has the check itself
    HIDDEN = "hidden"  # the student sees its title, and what the author allows
