"""What lies in a submission: the files of a folder, of a zip, or one file; listed with their sizes, read only on demand.

Nothing is unpacked to disk. A link is never followed, a name that leads out of the submission never taken, and no file is read past
its limit, whatever size it claims.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from grader.errors import MachineLacks, SubmissionError

__all__ = ["Contents", "Entry", "LeftOut", "is_ignored", "open_contents", "readable_name", "size_text"]

MAX_DIRECTORY_BYTES = 2 * 2**20  # of a zip's own table of contents, which is parsed before anything else is known
MAX_NAMES_A_FOLDER = 2_000
MAX_FOLDERS = 500
MAX_NAME_BYTES = 240  # a scratch folder's path comes before it, and file systems end at 255
MAX_DEPTH = 8

_IGNORED = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db", "desktop.ini"}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}  # LZMA may ask for gigabytes before the first byte
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError)


class Entry(msgspec.Struct, frozen=True):
    """One file: its name from the submission's root with `/` between folders, the size that it claims, and how to read it."""

    name: str
    size: int
    begin: Callable[[int], bytes]  # at most that many bytes from its start

    def read(self, limit: int) -> bytes:
        """All its bytes. Raises SubmissionError if there are more than `limit`, or if they cannot be unpacked."""
        too_large = f"expected at most {size_text(limit)}: hand in code alone."
        if self.size > limit:
            raise SubmissionError(f"{self.name} is {size_text(self.size)}: {too_large}")
        data = self.begin(limit + 1)
        if len(data) > limit:
            raise SubmissionError(f"{self.name} holds more than the {size_text(self.size)} that it claims: {too_large}")
        return data


class LeftOut:
    """What was not taken, told in one sentence a reason, however many files it was."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, name: str, reason: str) -> None:
        self._names.setdefault(reason, []).append(name)

    def sentences(self) -> tuple[str, ...]:
        return tuple(self._sentence(names, reason) for reason, names in self._names.items())

    @staticmethod
    def _sentence(names: list[str], reason: str) -> str:
        first = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in names[0])
        first = first if len(first) <= 100 else f"{first[:97]}..."
        others = "" if len(names) == 1 else f" and {len(names) - 1:,} other{'s' if len(names) > 2 else ''}"
        return f"Left out: {first}{others} ({reason})."


class Contents(msgspec.Struct, frozen=True):
    """The files of a submission, those in the nearest folders first, and what was not looked at."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def open_contents(path: Path) -> Iterator[Contents]:
    """List what lies in `path`, a folder, a zip or any other file; entries can be read until the context ends.

    Raises SubmissionError for what cannot be unpacked, and MachineLacks for what the machine does not let us read.
    """
    try:
        if path.is_symlink():
            raise SubmissionError(f"{path.name} is a link: expected the files themselves: hand in a copy.")
        if path.is_dir():
            yield _contents_of_folder(path)
        elif path.suffix.lower() == ".zip":
            with _open_file(path) as stream, _open_zip(stream, path.name) as archive:
                yield _contents_of_zip(archive)
        else:
            yield Contents((_file_entry(readable_name(path.name), path),))
    except OSError as error:
        raise MachineLacks(f"{path} cannot be read ({error.strerror}): check that it is there and that you may read it.") from error


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is an editor's or a system's, never a student's work."""
    return name.startswith(".") or name in _IGNORED


def size_text(count: int) -> str:
    """1536 -> "1.5 KB"."""
    size = float(count)
    for unit in ("bytes", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"


def readable_name(name: str) -> str:
    """A file's name as composed text (NFC); one that the file system gave in no UTF-8 is read as cp949 where it can be."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        data = name.encode("utf-8", "surrogateescape")
        try:
            name = data.decode("cp949")
        except UnicodeDecodeError:
            name = data.decode("utf-8", "replace")
    return unicodedata.normalize("NFC", name)


# --- a folder ---------------------------------------------------------------------------------------------------------------------


def _contents_of_folder(root: Path) -> Contents:
    entries: list[Entry] = []
    left_out = LeftOut()
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
    return Contents(tuple(entries), left_out.sentences())


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
        elif child.is_file() and (safe := _safe_name(name, left_out)):
            entries.append(_file_entry(safe, Path(child.path)))


def _file_entry(name: str, path: Path) -> Entry:
    return Entry(name, path.stat().st_size, functools.partial(_begin_file, path))


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


# --- a zip ------------------------------------------------------------------------------------------------------------------------


class _Guarded(io.RawIOBase):
    """A file of which at most `limit` bytes are read at once: zipfile reads a table of contents whole, however large it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.limit: int | None = MAX_DIRECTORY_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def read(self, size: int | None = -1) -> bytes:
        if self.limit is None:
            return self.stream.read(-1 if size is None else size)
        data = self.stream.read(self.limit + 1 if size is None or size < 0 else min(size, self.limit + 1))
        if len(data) > self.limit:
            raise zipfile.BadZipFile("its table of contents is too large")
        return data


@contextlib.contextmanager
def _open_zip(stream: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    guarded = _Guarded(stream)
    try:
        archive = zipfile.ZipFile(guarded)
    except _BROKEN_ZIP as error:
        raise SubmissionError(
            f"{name}: expected a zip, found something that cannot be unpacked ({error}): pack the files again and hand that in."
        ) from error
    guarded.limit = None  # members have limits of their own
    with archive:
        yield archive


def _contents_of_zip(archive: zipfile.ZipFile) -> Contents:
    entries: dict[str, Entry] = {}
    left_out = LeftOut()
    for info in archive.infolist():
        raw = _zip_name(info)
        if info.is_dir() or raw.endswith("\\") or any(is_ignored(part) for part in re.split(r"[/\\]", raw) if part.strip(".")):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            left_out.add(raw, "a link")
        elif name := _safe_name(raw.replace("\\", "/"), left_out):
            entries[name] = Entry(name, info.file_size, functools.partial(_begin_member, archive, info, name))
    folders = {parent.as_posix() for name in entries for parent in PurePosixPath(name).parents}
    for name in entries.keys() & folders:
        left_out.add(name, "a file and a folder at once")
        del entries[name]
    nearest_first = sorted(entries.values(), key=lambda entry: (entry.name.count("/"), entry.name))
    return Contents(tuple(nearest_first), left_out.sentences())


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; where it is not said to be UTF-8, it is tried as such (macOS), then as cp949 (Korean Windows)."""
    if info.flag_bits & 0x800:
        return readable_name(info.filename)
    data = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp949"):
        with contextlib.suppress(UnicodeDecodeError):
            return unicodedata.normalize("NFC", data.decode(encoding))
    return unicodedata.normalize("NFC", info.filename)


def _begin_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, count: int) -> bytes:
    if info.flag_bits & 0x1:
        raise SubmissionError(f"{name} is encrypted: expected a zip without a password: pack the files again without one.")
    if info.compress_type not in _METHODS:
        raise SubmissionError(f"{name} is compressed in a way that is not read here: pack the files again as an ordinary zip.")
    try:
        with archive.open(info) as stream:
            return stream.read(count)
    except (*_BROKEN_ZIP, OSError) as error:
        raise SubmissionError(f"{name} cannot be unpacked ({error}): the zip is broken: pack the files again.") from error


def _safe_name(name: str, left_out: LeftOut) -> str:
    """The name without empty parts; empty, and left out, where it leads out of the submission or is none that a file can have."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts:
        left_out.add(name, "a name that leads out of the submission")
    elif not parts or any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        left_out.add(name, "a name that no file should have")
    elif len(name.encode("utf-8")) > MAX_NAME_BYTES or len(parts) > MAX_DEPTH + 1:
        left_out.add(name, "a name that is too long")
    else:
        return "/".join(parts)
    return ""
