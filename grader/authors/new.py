"""A new assignment: a small complete homework, to be changed into one's own.

The template is such a homework, called `my_homework`; its files end in `.template`, so that nothing takes them for this project's
own code and checks. The student's files are made from its reference, as they are for every assignment.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from grader.authors.stubs import write_student_files
from grader.errors import GraderError, UsageError
from grader.homework.assignment import find_course, load_assignment

__all__ = ["new_assignment"]

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".template"
_NAME, _TITLE = "my_homework", "My homework"  # what the template is called


def new_assignment(name: str, course: Path | None = None) -> tuple[Path, Path]:
    """Make `assignments/NAME` and `reference/NAME` in the folder `course`, which becomes a course if it is none; returns both.

    Without `course`, the one that the current folder lies in. Raises UsageError if it lies in none, and for a name that cannot be
    used or is used already; then nothing is written.
    """
    _demand_name(name)
    course = course or _course_here(name)
    homes = (course / "assignments", course / "reference")
    for place in (course, *homes):
        if place.exists() and not place.is_dir():
            raise UsageError(f"{place} is no folder: expected the folder of a course, or one to be made.")
    for place in (home / name for home in homes):
        if place.exists():
            raise UsageError(f"{place} is there already: choose another name, or move it away.")
    try:
        for home in homes:
            home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=course) as made:  # in the course: moving from there is one step
            return _make(name, Path(made), homes)
    except OSError as error:
        raise GraderError(f"{course} cannot be written to ({error.strerror}): name another folder with --course.") from error


def _make(name: str, made: Path, homes: tuple[Path, Path]) -> tuple[Path, Path]:
    folders = (made / "assignments" / name, made / "reference" / name)
    for part, folder in zip(("assignment", "reference"), folders, strict=True):
        _fill(TEMPLATE / part, folder, name)
    write_student_files(load_assignment(name, made))
    first, second = (home / name for home in homes)
    folders[0].rename(first)
    try:
        folders[1].rename(second)
    except OSError:
        shutil.rmtree(first)
        raise
    return first, second


def _fill(template: Path, folder: Path, name: str) -> None:
    title = name.replace("_", " ").strip().capitalize() or name
    for path in sorted(template.rglob(f"*{SUFFIX}")):
        target = folder / path.relative_to(template).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8").replace(_NAME, name).replace(_TITLE, title)
        target.write_text(text, encoding="utf-8", newline="\n")


def _course_here(name: str) -> Path:
    try:
        return find_course(Path.cwd())
    except UsageError as error:
        raise UsageError(
            f"{Path.cwd()} lies in no course: go to a folder with assignments/ and reference/, "
            f"or start a course here with `grader new {name} --course .`."
        ) from error


def _demand_name(name: str) -> None:
    if name.isidentifier():
        return
    near = "".join(c if c.isalnum() else "_" for c in name).strip("_")
    near = near if near.isidentifier() else ""
    raise UsageError(
        f"{name or 'an empty name'}: expected a name of letters, digits and underscores that begins with no digit"
        f"{f', such as {near}' if near else ''}."
    )
