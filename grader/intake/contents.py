"""What lies in a submission: the files of a folder, of an archive, or one file; listed with their sizes, read only on demand.

Archives among them are taken for folders. Nothing is unpacked to disk, and no link is followed.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from grader.errors import MachineLacks, SubmissionError
from grader.intake.archives import MAX_INNER, Entry, LookingInto, entries_of_archive
from grader.intake.filenames import MAX_DEPTH, LeftOut, is_archive, is_ignored, readable_name, safe_name, shown_name, size_text

__all__ = ["Contents", "Entry", "LeftOut", "Part", "entries_of_class", "is_ignored", "open_contents", "readable_name", "size_text"]

MAX_NAMES_A_FOLDER = 2_000
MAX_FOLDERS = 500


class Contents(msgspec.Struct, frozen=True):
    """The files of a submission, those in the nearest folders first, and what was not looked at.

    `archives` are those that were looked into, with `/` behind their names: "hw3.zip/" for the entry "hw3.zip/losses.py".
    """

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """One file or folder of a submission that lies in several, or under other names than it was handed in with.

    `name` is the one that it was handed in with, empty for a folder that is taken as it is. With `member`, it lies in the zip at `path`,
    as that file or below that folder.
    """

    name: str
    path: Path
    member: str = ""


@contextlib.contextmanager
def open_contents(path: Path, parts: Sequence[Part] = ()) -> Iterator[Contents]:
    """List what lies in `path`, a folder, an archive or any other file; entries can be read until the context ends.

    With `parts`, these are what is listed, and `path` only says where. Raises SubmissionError for what cannot be unpacked, and
    MachineLacks for what the machine does not let us read.
    """
    left_out = LeftOut()
    at = path
    try:
        with contextlib.ExitStack() as stack:
            parts = parts or (Part("" if path.is_dir() else shown_name(path.name), path),)
            found: list[Entry] = []
            for part in parts:
                at = part.path
                found += _entries_of_part(part, left_out)
            if len(parts) == 1 and len(found) == 1 and found[0].name == parts[0].name and is_archive(found[0].name):
                found = _entries_of_sole_archive(parts[0], found[0], stack, left_out)
            yield _contents(found, left_out)
    except OSError as error:
        raise MachineLacks(f"{at} cannot be read ({error.strerror}): check that it is there and that you may read it.") from error


def _entries_of_part(part: Part, left_out: LeftOut) -> list[Entry]:
    path = part.path
    if part.member:
        inside = entries_of_class(path)
        if lone := inside.get(part.member):
            return [msgspec.structs.replace(lone, name=part.name)]
        folder = f"{part.member}/"
        own = [entry for name, entry in inside.items() if name.startswith(folder)]
        return [msgspec.structs.replace(entry, name=entry.name.removeprefix(folder)) for entry in own]
    if path.is_symlink():
        raise SubmissionError(f"{path.name} is a link: expected the files themselves: hand in a copy.")
    if path.is_dir():
        return _entries_of_folder(path, left_out)
    return [_file_entry(part.name, path)]


def _entries_of_sole_archive(part: Part, entry: Entry, stack: contextlib.ExitStack, left_out: LeftOut) -> list[Entry]:
    """An archive that is all of a submission is its root, and may be of any size: what counts is what it holds."""
    if part.member:
        return entries_of_archive(io.BytesIO(entry.read(MAX_INNER)), part.name, left_out)
    return entries_of_archive(stack.enter_context(_open_file(part.path)), part.name, left_out)


def entries_of_class(path: Path) -> Mapping[str, Entry]:
    """What lies in a zip that holds a class, by name; a class of thousands has its table of contents read once.

    Raises SubmissionError for what is no archive, OSError for what cannot be read.
    """
    known = path.stat()
    return _entries_of_class(path.resolve(), known.st_mtime_ns, known.st_size)


@functools.lru_cache(maxsize=2)
def _entries_of_class(path: Path, _: int, size: int) -> Mapping[str, Entry]:
    stream = io.BufferedReader(_Reopened(path, size))
    return {entry.name: entry for entry in entries_of_archive(stream, path.name, LeftOut())}  # what is left out is no student's


class _Reopened(io.RawIOBase):
    """A file that is open only while something is read from it."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence])
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        with _open_file(self._path) as stream:
            stream.seek(self._position)
            data = stream.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _contents(outer: list[Entry], left_out: LeftOut) -> Contents:
    looking = LookingInto(left_out)
    entries = looking.entries(outer)
    nearest_first = sorted(entries, key=lambda entry: entry.name.count("/"))
    return Contents(tuple(nearest_first), left_out.sentences(), tuple(looking.archives))


# --- a folder ---------------------------------------------------------------------------------------------------------------------


def _entries_of_folder(root: Path, left_out: LeftOut) -> list[Entry]:
    entries: list[Entry] = []
    level = [("", root)]
    looked_at = 0
    for _ in range(MAX_DEPTH + 1):
        below: list[tuple[str, Path]] = []
        for prefix, folder in level:
            looked_at += 1
            if looked_at > MAX_FOLDERS:
                left_out.add(prefix, f"of more than {MAX_FOLDERS} folders, the nearest are looked at")
            else:
                _list_folder(prefix, folder, entries, below, left_out)
        level = below
    for prefix, _ in level:
        left_out.add(prefix, f"folders are looked at {MAX_DEPTH} deep")
    return entries


def _list_folder(prefix: str, folder: Path, entries: list[Entry], below: list[tuple[str, Path]], left_out: LeftOut) -> None:
    children = []
    with os.scandir(folder) as scan:
        for child in scan:
            if not is_ignored(child.name):
                children.append(child)
            if len(children) > MAX_NAMES_A_FOLDER:  # a data set: no part of it is taken, for which part would be chance
                left_out.add(prefix or f"{folder.name}/", f"more than {MAX_NAMES_A_FOLDER:,} files in one folder")
                return
    for child in sorted(children, key=lambda child: child.name):
        name = prefix + readable_name(child.name)
        if child.is_symlink():
            left_out.add(name, "a link")
        elif child.is_dir():
            if not Path(child.path, "pyvenv.cfg").exists():
                below.append((f"{name}/", Path(child.path)))
        elif child.is_file() and (safe := safe_name(name, left_out)):
            entries.append(_file_entry(safe, Path(child.path)))


def _file_entry(name: str, path: Path) -> Entry:
    known = path.stat()
    return Entry(name, known.st_size, functools.partial(_begin_file, path), known.st_mtime)


def _begin_file(path: Path, count: int) -> bytes:
    with _open_file(path) as stream:
        return stream.read(count)


def _open_file(path: Path) -> BinaryIO:
    """Open a regular file, and nothing that took its place since it was listed: no link, no pipe that would block."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SubmissionError(f"{path.name}: expected a file, found something else of that name: hand in the file itself.")
    return os.fdopen(descriptor, "rb")
