"""Which submissions lie in the folders and files that an instructor names.

A folder that holds one of the assignment's files is one submission; any other is a class: each folder, `.py` file, notebook and
archive in it is a submission. What a student handed in in a form that cannot be read is found too, so that it gets a report.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.errors import MachineLacks, UsageError
from grader.homework.assignment import Assignment
from grader.intake.contents import Part
from grader.intake.filenames import is_archive, is_code, is_ignored, readable_name, without_archive_suffix
from grader.intake.people import Person

__all__ = ["READABLE", "Found", "discover", "free_id", "is_readable", "is_submission", "safe_id", "with_ids"]

READABLE = ".py, .ipynb, .zip, .tar.gz"  # in words, besides folders
_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".xz")
_DOCUMENTS = (".doc", ".docx", ".hwp", ".hwpx", ".odt", ".pdf", ".rtf")
_GRADEBOOK = "gradebook.sqlite"
# Folders called like an id lie beside the first three in the folder of reports; Windows keeps the others for devices.
_DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
_TAKEN = frozenset((_GRADEBOOK, "grades.csv", "index.html", *_DEVICES))
_MAX_ID = 100


class Found(msgspec.Struct, frozen=True):
    """A submission: where it lies, and the id under which its report is kept (a file-system-safe name, unique in its class).

    `parts` are given where it is not simply what lies at `path`; `notes` go into its report. `people` handed it in, as far as the
    class's folder says; of several submissions of one group, that with the greatest `turn` is the latest.
    """

    id: str
    path: Path
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    late: bool = False
    turn: int = 0


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
    return sorted(with_ids(places), key=lambda found: found.id)


def is_readable(name: str) -> bool:
    """Whether a file of that name can be a submission that is graded."""
    return is_code(name) or is_archive(name)


def _submissions_in(path: Path, assignment: Assignment) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path} is not there: expected a submission, or a folder of submissions.")
    if path.is_file():
        if not is_readable(path.name):
            found_suffix = path.suffix or "a file without suffix"
            raise UsageError(f"{path} is no submission: expected {READABLE} or a folder, found {found_suffix}.")
        return [path]
    own = {*assignment.files, assignment.notebook}
    try:
        children = sorted(child for child in path.iterdir() if not is_ignored(child.name))
        if any(child.name in own and child.is_file() for child in children):
            return [path]
        found = [child for child in children if is_submission(child)]
    except OSError as error:
        raise MachineLacks(f"{path} cannot be read ({error.strerror}): check that you may read it.") from error
    if not found:
        expected = ", ".join(name for name in (*assignment.files, assignment.notebook) if name)
        raise UsageError(
            f"{path} holds no submissions: expected a folder, .py file, notebook or zip for each student, "
            f"or one submission's own files ({expected}), found {f'{len(children)} other files' if children else 'nothing'}."
        )
    return found


def is_submission(path: Path) -> bool:
    """Whether what lies in a class's folder under that name was handed in, in a form that can be read or not."""
    if path.is_dir():
        return not os.path.lexists(path / _GRADEBOOK)  # the reports of an earlier run
    return is_readable(path.name) or path.suffix.lower() in (*_ARCHIVES, *_DOCUMENTS)


def with_ids(places: Mapping[Path, str], taken: Collection[str] = ()) -> list[Found]:
    """Submissions at those places, each with an id of its own made from its name; none that is `taken`, in whatever case."""
    short = {path: safe_id(name if path.is_dir() else _stem(name)) for path, name in places.items()}
    often = [plain.casefold() for plain in short.values()]
    taken = {*_TAKEN, *taken}
    found = []
    for path in sorted(places):
        suffix = "" if path.is_dir() else path.suffix.lstrip(".").lower()
        plain = short[path]
        wanted = f"{plain}-{suffix}" if suffix and often.count(plain.casefold()) > 1 else plain
        found.append(Found(free_id(wanted, taken), path))
    return found


def free_id(wanted: str, taken: set[str]) -> str:
    """The id that is wanted, or with a number after it where that is taken; it is taken from then on."""
    free, number = wanted, 1
    while free.casefold() in taken | _TAKEN:
        number += 1
        free = f"{wanted}-{number}"
    taken.add(free.casefold())
    return free


def _stem(name: str) -> str:
    bare = without_archive_suffix(name) if is_archive(name) else name
    return Path(bare).stem if bare == name or is_code(bare) else bare


def safe_id(name: str) -> str:
    """The name with what some file system or shell would trip over made `_`; letters of every script stay."""
    readable = re.sub(r"[^\w.+@-]+", "_", readable_name(name))
    short = readable.encode("utf-8")[:_MAX_ID].decode("utf-8", "ignore")
    return short.strip("._+@-") or "submission"
