"""Zips and tars: their members listed with their sizes, read in memory and on demand; archives in archives are looked into.

Nothing is unpacked to disk. A link is never followed, a name that leads out of the submission never taken, and no member is read past
its limit, whatever size it claims. What a file is, its first bytes say, and not its suffix.
"""

from __future__ import annotations

import calendar
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
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import BinaryIO

import msgspec

from grader.errors import SubmissionError
from grader.intake.filenames import (
    LeftOut,
    is_archive,
    is_ignored,
    readable_name,
    safe_name,
    size_text,
    without_archive_suffix,
)
from grader.intake.tarballs import Allowance, BrokenArchive, Kind, Unpacking, kind_of, tar_members

__all__ = ["Entry", "LookingInto", "entries_of_archive"]

MAX_DIRECTORY_BYTES = 2 * 2**20  # of a zip's own table of contents, which is parsed before anything else is known
MAX_INNER = 32 * 2**20  # of an archive in an archive
MAX_INNER_TOGETHER = 96 * 2**20
MAX_INNER_ARCHIVES = 20
MAX_INNER_DEPTH = 3
_KEPT_CODE = 32 * 2**20  # a tar can be read but once: what may be asked for later is kept
_KEPT_OTHER = 2**20
_KEPT_TOGETHER = 96 * 2**20

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # bzip2 unpacks without a limit there, LZMA asks for gigabytes to begin with
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError)


class Entry(msgspec.Struct, frozen=True):
    """One file: its name from the submission's root with `/` between folders, the size that it claims, and how to read it.

    `modified` is when it was last changed, in seconds, for comparing with others of the same submission; 0 where nothing tells.
    """

    name: str
    size: int
    begin: Callable[[int], bytes]  # at most that many bytes from its start
    modified: float = 0.0

    def read(self, limit: int) -> bytes:
        """All its bytes. Raises SubmissionError if there are more than `limit`, or if they cannot be unpacked."""
        too_large = f"expected at most {size_text(limit)}: hand in code alone."
        if self.size > limit:
            raise SubmissionError(f"{self.name} is {size_text(self.size)}: {too_large}")
        data = self.begin(limit + 1)
        if len(data) > limit:
            raise SubmissionError(f"{self.name} holds more than the {size_text(self.size)} that it claims: {too_large}")
        return data


def entries_of_archive(stream: BinaryIO, name: str, left_out: LeftOut, allowance: Allowance | None = None) -> list[Entry]:
    """What lies in the archive called `name`, in the order of names; entries can be read while the stream is open.

    `allowance` says how much may be unpacked, where other archives share it. Raises SubmissionError for what is no archive, or is damaged.
    """
    head = stream.read(512)
    stream.seek(0)
    if not head:
        raise SubmissionError(f"{name} is empty: expected an archive, found no content: pack the files again and hand that in.")
    kind: Kind = kind_of(head) or ("zip" if name.lower().endswith(".zip") else "")
    if kind == "zip":
        found = _zip_entries(_open_zip(stream, name), left_out)
    elif kind in ("gz", "bz2", "xz", "tar"):
        found = _unpacked_entries(Unpacking(stream, kind, allowance or Allowance()), name, kind, left_out)
    else:
        what = f"found a {kind} archive" if kind else "found something that is no archive"
        raise SubmissionError(f"{name}: expected a zip or a tar.gz, {what}: pack the files as a zip and hand that in.")
    return _without_files_that_are_folders(found, left_out)


def _without_files_that_are_folders(found: Iterable[Entry], left_out: LeftOut) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for entry in found:
        if entry.name in entries:
            left_out.add(f"an earlier {entry.name}", "the archive holds several of that name: the last was taken")
        entries[entry.name] = entry
    folders = {parent.as_posix() for name in entries for parent in PurePosixPath(name).parents}
    for name in entries.keys() & folders:
        left_out.add(name, "a file and a folder at once")
        del entries[name]
    return sorted(entries.values(), key=lambda entry: (entry.name.count("/"), entry.name))


def _is_ignored_path(name: str) -> bool:
    return any(is_ignored(part) for part in re.split(r"[/\\]", name) if part.strip("."))


# --- archives in archives ---------------------------------------------------------------------------------------------------------


class LookingInto:
    """Takes the archives among a submission's files for folders, as deep and as long as their limits let it.

    `archives` are the names of those that were looked into, with `/` behind, the outer before the inner.
    """

    def __init__(self, left_out: LeftOut) -> None:
        self.left_out = left_out
        self.archives: list[str] = []
        self._room = MAX_INNER_TOGETHER
        self._allowance = Allowance()

    def entries(self, outer: Iterable[Entry], depth: int = 1) -> list[Entry]:
        """The entries, and after them what lies in those that are archives."""
        outer = list(outer)
        inner: list[Entry] = []
        for entry in outer:
            if is_archive(entry.name):
                inner += self._inside(entry, depth)
            elif entry.name.lower().endswith((".rar", ".7z")):
                self.left_out.add(f"what {entry.name} holds", "expected a zip")
        return outer + inner

    def _inside(self, entry: Entry, depth: int) -> list[Entry]:
        what = f"what {entry.name} holds"
        if depth > MAX_INNER_DEPTH:
            self.left_out.add(what, f"archives are looked into {MAX_INNER_DEPTH} deep")
        elif len(self.archives) >= MAX_INNER_ARCHIVES:
            self.left_out.add(what, f"{MAX_INNER_ARCHIVES} archives are looked into")
        elif entry.size > min(MAX_INNER, self._room):
            self.left_out.add(what, f"{size_text(entry.size)}, too large an archive to look into")
        else:
            try:
                data = entry.read(min(MAX_INNER, self._room))
                self._room -= len(data)
                found = entries_of_archive(io.BytesIO(data), PurePosixPath(entry.name).name, self.left_out, self._allowance)
            except SubmissionError as error:
                self.left_out.add(what, str(error).rstrip("."))
                return []
            prefix = f"{entry.name}/"
            self.archives.append(prefix)
            named = ((each, safe_name(prefix + each.name, self.left_out)) for each in found)
            return self.entries([msgspec.structs.replace(each, name=name) for each, name in named if name], depth + 1)
        return []


# --- tar, and single compressed files ---------------------------------------------------------------------------------------------


def _unpacked_entries(source: Unpacking, name: str, kind: Kind, left_out: LeftOut) -> list[Entry]:
    try:
        if kind == "tar" or kind_of(source.peek(512)) == "tar":
            return _tar_entries(source, left_out)
        data = source.read(_KEPT_CODE + 1)
    except BrokenArchive as error:
        raise SubmissionError(
            f"{name}: expected an archive, found one that cannot be unpacked ({error}): pack the files again and hand that in."
        ) from error
    own = without_archive_suffix(name)
    return [Entry(own if own != name else f"{name}.unpacked", len(data), functools.partial(_first, data))]


def _tar_entries(source: Unpacking, left_out: LeftOut) -> list[Entry]:
    entries = []
    room = _KEPT_TOGETHER
    for member in tar_members(source, _KEPT_OTHER, _KEPT_CODE):
        raw = readable_name(member.name)
        if _is_ignored_path(raw):
            continue
        if member.problem:
            left_out.add(raw, member.problem)
        elif name := safe_name(raw, left_out):
            data = member.data
            if data is not None and len(data) > room:
                data = None
            room -= len(data or b"")
            begin = functools.partial(_first, data) if data is not None else functools.partial(_too_large, name, member.size)
            entries.append(Entry(name, member.size, begin, member.modified))
    return entries


def _first(data: bytes, count: int) -> bytes:
    return data[:count]


def _too_large(name: str, size: int, _: int) -> bytes:
    raise SubmissionError(f"{name} is {size_text(size)}, which is too large beside all the rest: hand in code alone.")


# --- zip --------------------------------------------------------------------------------------------------------------------------


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


def _open_zip(stream: BinaryIO, name: str) -> zipfile.ZipFile:
    guarded = _Guarded(stream)
    try:
        archive = zipfile.ZipFile(guarded)
    except _BROKEN_ZIP as error:
        raise SubmissionError(
            f"{name}: expected a zip, found something that cannot be unpacked ({error}): pack the files again and hand that in."
        ) from error
    guarded.limit = None  # members have limits of their own
    return archive


def _zip_entries(archive: zipfile.ZipFile, left_out: LeftOut) -> list[Entry]:
    entries = []
    for info in archive.infolist():
        raw = _zip_name(info)
        if raw.endswith(("/", "\\")) or _is_ignored_path(raw):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            left_out.add(raw, "a link")
        elif name := safe_name(raw.replace("\\", "/"), left_out):
            begin = functools.partial(_begin_member, archive, info, name)
            entries.append(Entry(name, info.file_size, begin, _modified(info)))
    return entries


def _modified(info: zipfile.ZipInfo) -> float:
    year, month, day, hour, minute, second = info.date_time
    if not (year > 1980 and 1 <= month <= 12 and 1 <= day <= 31):  # 1980 is what tools write that have no clock
        return 0.0
    return float(calendar.timegm((year, month, day, hour, minute, second)))


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
