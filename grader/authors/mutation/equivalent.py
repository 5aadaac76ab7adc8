"""`reference/NAME/equivalent.toml`: mutants that no check could tell from the reference, each with the reason.

A mutant is named by the text of its line before and after, never by the line's number, so that the file survives edits elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from grader.authors.mutation.mutants import Mutant
from grader.errors import AssignmentError
from grader.homework.assignment import Assignment

__all__ = ["EQUIVALENT", "Equivalent", "load_equivalents", "reason_for"]

EQUIVALENT = "equivalent.toml"


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In `file`, `line` changed into `change` is no wrong answer. `within` (such as "Net.forward") keeps it to one place of several."""

    file: str
    line: str
    change: str
    reason: str
    within: str = ""

    def matches(self, mutant: Mutant) -> bool:
        same = (self.file, _words(self.line), _words(self.change)) == (mutant.file, _words(mutant.line), _words(mutant.change))
        return same and self.within in ("", mutant.within)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    mutant: list[Equivalent] = []


def load_equivalents(assignment: Assignment) -> tuple[Equivalent, ...]:
    """The entries of the file; none where there is none. Raises `AssignmentError` for one that cannot be read, or that gives no reason."""
    assert assignment.reference is not None
    path: Path = assignment.reference / EQUIVALENT
    shown = f"reference/{assignment.name}/{EQUIVALENT}"
    if not path.is_file():
        return ()
    try:
        entries = msgspec.toml.decode(path.read_bytes(), type=_File).mutant
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise AssignmentError(f"{shown}: expected [[mutant]] tables with file, line, change and reason: {error}.") from error
    for entry in entries:
        if len(entry.reason.split()) < 2:
            raise AssignmentError(
                f'{shown}: expected a reason why "{_words(entry.change)}" changes nothing, found "{entry.reason}".'
            )
    return tuple(entries)


def reason_for(mutant: Mutant, entries: Sequence[Equivalent]) -> str:
    """Why this mutant is no wrong answer; empty where nothing is said of it."""
    return next((entry.reason for entry in entries if entry.matches(mutant)), "")


def stale(
    entries: Iterable[Equivalent], mutants: Sequence[Mutant], survivors: Sequence[Mutant], tried: Sequence[Mutant]
) -> list[str]:
    """What is wrong with entries: no such mutant is made any more, or it loses points now. Those that were not tried are let be."""
    said = []
    for entry in entries:
        where = f"{entry.file}: {_words(entry.line)} → {_words(entry.change)}"
        if not any(map(entry.matches, mutants)):
            said.append(f"{where}: no such mutant is made any more")
        elif any(map(entry.matches, tried)) and not any(map(entry.matches, survivors)):
            said.append(f"{where}: loses points, so that it is no equivalent")
    return said


def _words(text: str) -> str:
    return " ".join(text.split())
