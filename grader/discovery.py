"""Which submissions lie in the folders and files that an instructor names.

A folder that holds one of the assignment's files is one submission; any other is a class: each folder, `.py` file, notebook and
archive in it is a submission. What a student handed in in a form that cannot be read is found too, so that it gets a report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.assignment import Assignment
from grader.contents import is_ignored, readable_name
from grader.errors import MachineLacks, UsageError

__all__ = ["READABLE", "Found", "discover"]

READABLE = (".py", ".ipynb", ".zip")  # besides folders
_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
_DOCUMENTS = (".doc", ".docx", ".hwp", ".hwpx", ".odt", ".pdf", ".rtf")
_GRADEBOOK = "gradebook.sqlite"
# Folders called like an id lie beside the first three in the folder of reports; Windows keeps the others for devices.
_DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
_TAKEN = frozenset((_GRADEBOOK, "grades.csv", "index.html", *_DEVICES))
_MAX_ID = 100


class Found(msgspec.Struct, frozen=True):
    """A submission: where it lies, and the id under which its report is kept (a file-system-safe name, unique in its class)."""

    id: str
    path: Path


def discover(paths: Sequence[Path], assignment: Assignment) -> list[Found]:
    """The submissions in `paths`, sorted by id, each once.

    An id is the file's or folder's own name; of two that would be the same, those with a suffix get it appended (`kim.zip` ->
    "kim-zip"), and a number where that does not tell them apart.
    Raises UsageError for a path that is not there or holds no submission, MachineLacks for one that may not be read.
    """
    places: dict[Path, str] = {}  # where each lies -> the name that it goes by
    for path in paths:
        for place in _submissions_in(path, assignment):
            if place == path:  # a link that the instructor names is followed
                own_name = path.name not in ("", "..")
                places.setdefault(path.resolve(), path.name if own_name else path.resolve().name)
            else:  # a link that lies in a class is not: whoever reads it says so
                places.setdefault(place.parent.resolve() / place.name, place.name)
    return sorted(_with_ids(places), key=lambda found: found.id)


def _submissions_in(path: Path, assignment: Assignment) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path} is not there: expected a submission, or a folder of submissions.")
    if path.is_file():
        if path.suffix.lower() not in READABLE:
            found_suffix = path.suffix or "a file without suffix"
            raise UsageError(f"{path} is no submission: expected {', '.join(READABLE)} or a folder, found {found_suffix}.")
        return [path]
    own = {*assignment.files, assignment.notebook}
    try:
        children = sorted(child for child in path.iterdir() if not is_ignored(child.name))
        if any(child.name in own and child.is_file() for child in children):
            return [path]
        found = [child for child in children if _is_submission(child)]
    except OSError as error:
        raise MachineLacks(f"{path} cannot be read ({error.strerror}): check that you may read it.") from error
    if not found:
        expected = ", ".join(name for name in (*assignment.files, assignment.notebook) if name)
        raise UsageError(
            f"{path} holds no submissions: expected a folder, .py file, notebook or zip for each student, "
            f"or one submission's own files ({expected}), found {f'{len(children)} other files' if children else 'nothing'}."
        )
    return found


def _is_submission(path: Path) -> bool:
    if path.is_dir():
        return not os.path.lexists(path / _GRADEBOOK)  # the reports of an earlier run
    return path.suffix.lower() in (*READABLE, *_ARCHIVES, *_DOCUMENTS)


def _with_ids(places: dict[Path, str]) -> list[Found]:
    short = {path: _safe(name if path.is_dir() else Path(name).stem) for path, name in places.items()}
    often = [plain.casefold() for plain in short.values()]
    taken = set(_TAKEN)
    found = []
    for path in sorted(places):
        suffix = "" if path.is_dir() else path.suffix.lstrip(".").lower()
        plain = short[path]
        wanted = f"{plain}-{suffix}" if suffix and often.count(plain.casefold()) > 1 else plain
        free, number = wanted, 1
        while free.casefold() in taken:
            number += 1
            free = f"{wanted}-{number}"
        taken.add(free.casefold())
        found.append(Found(free, path))
    return found


def _safe(name: str) -> str:
    """The name with what some file system or shell would trip over made `_`; letters of every script stay."""
    readable = re.sub(r"[^\w.+@-]+", "_", readable_name(name))
    short = readable.encode("utf-8")[:_MAX_ID].decode("utf-8", "ignore")
    return short.strip("._+@-") or "submission"
