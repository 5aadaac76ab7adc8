"""A class's folder as courses' systems pack it: Canvas, Moodle, GitHub Classroom, Gradescope; or a plain one.

Each is recognised by its names alone, in a folder or in the zip as it was downloaded. What belongs to one student becomes one
submission, under the names that the files had when they were handed in.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

from grader.errors import MachineLacks, SubmissionError, UsageError
from grader.homework.assignment import Assignment
from grader.intake.contents import Part, entries_of_class
from grader.intake.discovery import Found, discover, free_id, is_submission, safe_id, with_ids
from grader.intake.filenames import is_ignored, shown_name
from grader.intake.gradescope import METADATA, read_metadata
from grader.intake.people import Person

__all__ = ["LAYOUTS", "ClassFolder", "Layout", "read_class"]

Layout = Literal["auto", "canvas", "moodle", "github", "gradescope", "plain"]
LAYOUTS: tuple[str, ...] = get_args(Layout)
MAX_METADATA = 256 * 2**20

_CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE|_late)?_(?P<user>\d{2,})_(?P<upload>\d{2,})_(?P<file>.+)", re.DOTALL)
_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<turn>\d{1,2})(?P<suffix>(?:\.tar)?\.[^.]+)", re.DOTALL)


class ClassFolder(msgspec.Struct, frozen=True):
    """The submissions of a class, sorted by id, and what to tell about how they were found, a sentence each."""

    found: tuple[Found, ...]
    told: tuple[str, ...] = ()


class _Place(NamedTuple):
    """What lies at the top of a class's folder, or of a zip that holds one: its name, and where it is."""

    name: str
    part: Part
    is_folder: bool


class _Grouped(msgspec.Struct):
    """One student's, before it has an id."""

    wanted: str
    parts: list[Part] = []
    notes: list[str] = []
    people: tuple[Person, ...] = ()
    late: bool = False
    turn: int = 0


class _Read(NamedTuple):
    """What a layout makes of a folder: its name in a sentence, the students' groups, and the places that are none of its."""

    kind: str
    groups: list[_Grouped]
    rest: list[_Place]
    told: list[str]


def read_class(paths: Sequence[Path], assignment: Assignment, layout: Layout = "auto") -> ClassFolder:
    """The submissions in `paths`, each path in the layout that it has, or in that which is given.

    Raises UsageError for a path that holds no submission, or is not in the layout that was asked for; MachineLacks for one that may
    not be read.
    """
    plain: list[Path] = []
    found: list[Found] = []
    told: list[str] = []
    taken: set[str] = set()
    for path in paths:
        if (read := _recognised(path, assignment, layout)) is None:
            plain.append(path)
            continue
        count = len(read.groups)
        told.append(f"{path.name or path.resolve().name} was read as {read.kind} of {count} submission{'s' * (count != 1)}.")
        told += read.told
        for group in sorted(read.groups, key=lambda group: group.wanted):
            people, notes = group.people, tuple(group.notes)
            own = free_id(safe_id(group.wanted), taken)
            found.append(Found(own, path, tuple(group.parts), notes, people, group.late, group.turn))
        others = {place.part.path: place.name for place in read.rest if not place.part.member and is_submission(place.part.path)}
        if others:
            told.append(f"{_some(sorted(others.values()))} beside them: taken under the name that each has.")
            found += with_ids(others, taken)
            taken |= {each.id.casefold() for each in found}
    for each in discover(plain, assignment) if plain else []:
        found.append(msgspec.structs.replace(each, id=free_id(each.id, taken)))
    return ClassFolder(tuple(sorted(found, key=lambda each: each.id)), tuple(told))


def _recognised(path: Path, assignment: Assignment, layout: Layout) -> _Read | None:
    if layout == "plain":
        return None
    if not path.exists():
        raise UsageError(f"{path} is not there: expected a submission, or a folder of submissions.")
    places = _places(path)
    own = {*assignment.files, assignment.notebook}
    if layout == "auto" and any(place.name in own and not place.is_folder for place in places):
        return None  # one student's own files
    for name, reader in _READERS.items():
        if layout in ("auto", name):
            read = reader(places, path, own)
            if read is not None and (layout == name or _is_sure(name, read, places)):
                return read
    if layout != "auto":
        raise UsageError(f"{path}: expected {_EXPECTED[layout]}, found {_some([place.name for place in places])}.")
    return None


def _is_sure(name: str, read: _Read, places: Sequence[_Place]) -> bool:
    """Whether a folder is of that layout for certain, where nobody has said so."""
    if name == "canvas":
        files = [place for place in places if not place.is_folder]
        uploads = [match["upload"] for place in files if (match := _CANVAS.fullmatch(place.name))]
        # `hw3_2024_12345_kim.py` looks like Canvas' as well, but then all are of one "student", or one "upload"
        many = len(read.groups) > 1 or len(uploads) < 6
        return many and len(set(uploads)) == len(uploads) and 2 * len(uploads) >= len(files)
    if name == "github":
        return len(read.groups) > 1 and all(_is_clone(place) for place in places if place.is_folder)
    return True


def _places(path: Path) -> list[_Place]:
    try:
        if path.is_dir():
            children = sorted(child for child in path.iterdir() if not is_ignored(child.name) and not _is_of_ours(child))
            return [_Place(shown_name(c.name), Part(shown_name(c.name), c), c.is_dir()) for c in children]
        if path.suffix.lower() != ".zip":
            return []
        names = list(entries_of_class(path))
    except SubmissionError:
        return []  # whoever reads it as a submission tells why
    except OSError as error:
        raise MachineLacks(f"{path} cannot be read ({error.strerror}): check that you may read it.") from error
    below = ""
    while names and all(name.startswith(f"{names[0].split('/')[0]}/") for name in names):
        first = names[0].split("/")[0]
        if _MOODLE.fullmatch(first) or first.startswith("submission_"):
            break  # a class of one
        below += f"{first}/"
        names = [name.removeprefix(f"{first}/") for name in names]
    tops = {name.split("/")[0]: "/" in name for name in names}
    return [_Place(name, Part(name, path, below + name), is_folder) for name, is_folder in sorted(tops.items())]


def _is_of_ours(path: Path) -> bool:
    return path.is_dir() and not is_submission(path)  # the reports of an earlier run


# --- Canvas -----------------------------------------------------------------------------------------------------------------------


def _canvas(places: Sequence[_Place], _: Path, own: set[str]) -> _Read | None:
    """`lastnamefirst_LATE_12345_67890_losses-1.py`: name, late or not, user, upload, file, and how often it was uploaded before."""
    groups: dict[tuple[str, str], _Grouped] = {}
    files: dict[tuple[str, str], list[Part]] = {}
    rest = []
    for place in places:
        match = None if place.is_folder else _CANVAS.fullmatch(place.name)
        if match is None:
            rest.append(place)
            continue
        key = match["name"], match["user"]
        group = groups.setdefault(key, _Grouped(f"{key[0]}_{key[1]}", people=(Person(key[1], key[0]),)))
        group.late |= match["late"] is not None
        group.turn = max(group.turn, int(match["upload"][:18]))
        files.setdefault(key, []).append(msgspec.structs.replace(place.part, name=match["file"]))
    for key, group in groups.items():
        group.parts, notes = _newest(files[key], own)
        group.notes = ["Handed in late, as Canvas says."] * group.late + notes
    return _Read("a Canvas download", list(groups.values()), rest, []) if groups else None


def _newest(parts: Sequence[Part], own: set[str]) -> tuple[list[Part], list[str]]:
    """Of files that a student uploaded again (`losses-1.py`), the newest under the first one's name; and notes that say so."""
    names = {part.name for part in parts}
    versions: dict[str, list[tuple[int, Part]]] = {}
    for part in parts:
        name, turn = part.name, 0
        match = _AGAIN.fullmatch(name)
        if match and name not in own:
            first = match["stem"] + match["suffix"]
            again = first in names or any(f"{match['stem']}-{n}{match['suffix']}" in names - {name} for n in range(1, 100))
            if first in own or again:
                name, turn = first, int(match["turn"])
        versions.setdefault(name, []).append((turn, part))
    chosen, notes = [], []
    for name, several in versions.items():
        several.sort(key=lambda pair: (pair[0], pair[1].path, pair[1].member))
        newest = several[-1][1]
        if len(several) > 1:
            older = _some([part.name for _, part in several[:-1]], most=9)
            notes.append(f"{newest.name} was taken as {name}: it is newer than {older}.")
        elif newest.name != name:
            notes.append(f"{newest.name} was taken as {name}: Canvas adds the number where a file is handed in again.")
        chosen.append(msgspec.structs.replace(newest, name=name))
    return chosen, notes


# --- Moodle -----------------------------------------------------------------------------------------------------------------------


def _moodle(places: Sequence[_Place], _: Path, __: set[str]) -> _Read | None:
    """`Full Name_1234567_assignsubmission_file_`, a folder or the beginning of a file's name; the same with `onlinetext`."""
    groups: dict[tuple[str, str], _Grouped] = {}
    texts: dict[tuple[str, str], list[Part]] = {}
    rest = []
    for place in places:
        match = _MOODLE.fullmatch(place.name)
        if match is None:
            rest.append(place)
            continue
        key = match["name"], match["number"]
        groups.setdefault(key, _Grouped(f"{key[0]}_{key[1]}", people=(Person(key[1], key[0]),)))
        name = "" if place.is_folder else match["file"] or place.name
        if match["kind"] == "file":
            groups[key].parts.append(msgspec.structs.replace(place.part, name=name))
        else:
            texts.setdefault(key, []).append(msgspec.structs.replace(place.part, name=name))
    for key, parts in texts.items():
        if groups[key].parts:
            groups[key].notes.append("What was typed into Moodle (onlinetext) was not looked at.")
        else:
            groups[key].parts = parts  # nothing else: its report says what is missing
    return _Read("a Moodle download", list(groups.values()), rest, []) if groups else None


# --- GitHub Classroom -------------------------------------------------------------------------------------------------------------


def _github(places: Sequence[_Place], path: Path, _: set[str]) -> _Read | None:
    """`homework-1-username/` for each student or team: clones, of which `.git` is not looked at."""
    folders = [place for place in places if place.is_folder]
    if not folders:
        return None
    prefix = f"{path.resolve().name.removesuffix('-submissions')}-"  # what `gh classroom clone` calls the folder
    if not all(place.name.startswith(prefix) and place.name != prefix for place in folders):
        prefix = _common_beginning([place.name for place in folders])
    if not prefix and not all(_is_clone(place) for place in folders):
        return None
    groups = []
    for place in folders:
        user = place.name.removeprefix(prefix)
        part = msgspec.structs.replace(place.part, name="")
        groups.append(_Grouped(user, [part], people=(Person(user, keys=(place.name,)),)))
    told = [f"{prefix} before the names was taken for the homework's name."] if prefix else []
    return _Read("a folder of GitHub Classroom clones", groups, [place for place in places if not place.is_folder], told)


def _common_beginning(names: Sequence[str]) -> str:
    """What all names begin with, up to a hyphen: of homework-1-anna and homework-1-andrew, "homework-1-"."""
    parts = [name.split("-") for name in names]
    same = 0
    while len(names) > 1 and all(len(each) > same + 1 and each[same] == parts[0][same] for each in parts):
        same += 1
    return "".join(f"{part}-" for part in parts[0][:same])


def _is_clone(place: _Place) -> bool:
    return not place.part.member and os.path.lexists(place.part.path / ".git")


# --- Gradescope -------------------------------------------------------------------------------------------------------------------


def _gradescope(places: Sequence[_Place], path: Path, _: set[str]) -> _Read | None:
    """`submission_12345/` folders, and whose they are in `submission_metadata.yml`."""
    metadata = next((place for place in places if place.name == METADATA and not place.is_folder), None)
    if metadata is None:
        return None
    owners = _owners(metadata, path)
    folders = {place.name: place for place in places if place.is_folder}
    groups = []
    told = []
    for name, place in folders.items():
        if name not in owners and not name.startswith("submission_"):
            continue
        people = owners.get(name, ())
        notes = [] if people else [f"{METADATA} does not say who handed this in."]
        groups.append(_Grouped(name, [msgspec.structs.replace(place.part, name="")], notes, people))
    missing = sorted(owners.keys() - folders.keys())
    if missing:
        told.append(f"{_some(missing)}: named in {METADATA}, but not there.")
    used = {group.wanted for group in groups} | {METADATA}
    return _Read("a Gradescope export", groups, [place for place in places if place.name not in used], told)


def _owners(metadata: _Place, path: Path) -> dict[str, tuple[Person, ...]]:
    try:
        if not metadata.part.member:
            with metadata.part.path.open("rb") as stream:
                return read_metadata(stream, METADATA)
        return read_metadata(io.BytesIO(entries_of_class(path)[metadata.part.member].read(MAX_METADATA)), METADATA)
    except OSError as error:
        raise MachineLacks(f"{metadata.part.path} cannot be read ({error.strerror}): check that you may read it.") from error
    except SubmissionError as error:
        raise UsageError(f"{path}: {error}") from error


# ----------------------------------------------------------------------------------------------------------------------------------

_READERS: dict[str, Callable[[Sequence[_Place], Path, set[str]], _Read | None]] = {
    "gradescope": _gradescope,
    "moodle": _moodle,
    "canvas": _canvas,
    "github": _github,
}
_EXPECTED = {
    "canvas": "a Canvas download (lastnamefirst_12345_67890_file.py)",
    "moodle": "a Moodle download (Full Name_1234567_assignsubmission_file_)",
    "github": "GitHub Classroom clones (homework-1-username/)",
    "gradescope": f"a Gradescope export (submission_12345/ and {METADATA})",
}


def _some(names: Sequence[str], most: int = 3) -> str:
    """["a", "b", "c", "d", "e"] -> "a, b, c and 2 others"."""
    if not names:
        return "nothing"
    shown = [name if len(name) <= 80 else f"{name[:77]}..." for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} other{'s' * (len(names) - most > 1)}")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
