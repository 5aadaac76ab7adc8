"""The folder that a class's reports go to: it has to be one of their own, and nothing in it is another's.

Asked before anything is graded, and without making anything: a folder in which a second homework, or grades that somebody else has put
together, would be written over is refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from grader.classroom.gradebook import Gradebook
from grader.errors import UsageError
from grader.homework.assignment import Assignment
from grader.intake.submission import Found

__all__ = ["BOOK", "GRADES", "demand_place", "make_place"]

BOOK = "gradebook.sqlite"
GRADES = "grades.csv"


def demand_place(out: Path, assignment: Assignment, found: Sequence[Found]) -> None:
    """Raise UsageError unless `out` is, or can be made, a folder for the reports of these submissions and of no others."""
    inside = [f.path for f in found if out.resolve() == f.path.resolve() or out.resolve() in f.path.resolve().parents]
    if inside:
        raise UsageError(f"{out} lies among the submissions ({inside[0]}): write the reports to a folder of their own.")
    there = next(path for path in (out, *out.parents) if os.path.lexists(path))
    if not os.path.isdir(there):
        raise UsageError(f"{out} cannot hold the reports: expected a folder, found that {there} is none: name another with --out.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"{out} cannot hold the reports: {there} is not yours to write to: name another folder with --out.")
    _demand_ours(out, assignment)


def _demand_ours(out: Path, assignment: Assignment) -> None:
    book, grades = out / BOOK, out / GRADES
    known: tuple[str, ...] = ()
    if os.path.exists(book):
        with Gradebook(book) as opened:
            known = opened.assignments()
    others = [name for name in known if name != assignment.name]
    if others:
        raise UsageError(
            f"{out} holds the grades of {', '.join(others)}: expected a folder for {assignment.name} alone: "
            "give each homework a folder of its own with --out."
        )
    if not known and os.path.exists(grades):
        raise UsageError(
            f"{grades} would be written over: expected a folder without it, or one with the gradebook that it was made from: "
            "move it away, or name another folder with --out."
        )


def make_place(out: Path) -> None:
    """Make the folder. Raises UsageError where that is impossible."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{out} cannot be made ({error.strerror}): expected a folder for the reports: name another with --out."
        ) from error
