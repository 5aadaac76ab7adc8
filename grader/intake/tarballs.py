"""Tar archives and compressed files, read from front to back within limits.

The standard library's reader keeps what it parses, follows offsets backwards and believes sizes; this one only ever goes forward,
takes regular files alone, and stops at a number of bytes however small the archive is.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal, Protocol

import msgspec

from grader.intake.filenames import is_archive, is_code, size_text

__all__ = ["MAX_UNPACKED", "Allowance", "BrokenArchive", "Member", "Unpacking", "kind_of", "tar_members"]

MAX_UNPACKED = 512 * 2**20  # of one submission; a data set of pictures packed along with the work is read past
MAX_MEMBERS = 50_000
_MAX_NAME_RECORD = 64 * 2**10
_BLOCK = 512
_XZ_MEMORY = 128 * 2**20

Kind = Literal["zip", "gz", "bz2", "xz", "tar", "RAR", "7z", ""]
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"Rar!\x1a\7", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)


class BrokenArchive(Exception):
    """An archive that cannot be read, and why."""


def kind_of(head: bytes) -> Kind:
    """What a file is by its first 512 bytes, whatever it is called; empty for none of the kinds that archives are."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    with contextlib.suppress(tarfile.HeaderError, ValueError):
        if head[257:262] == b"ustar" or head[:1] not in (b"", b"\0"):
            tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")  # its checksum is right
            return "tar"
    return ""


class Allowance:
    """How much may still be unpacked for one submission, however many archives it is made of."""

    def __init__(self, count: int = MAX_UNPACKED) -> None:
        self.left = count


class _Decompressor(Protocol):
    """What the decompressors of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Unpacking:
    """The content of a compressed file, or of a file as it is (`kind` "tar"), forwards only and never more than is allowed."""

    def __init__(self, stream: BinaryIO, kind: Kind, allowance: Allowance) -> None:
        self._ahead = b""
        self._allowance = allowance
        if kind == "gz":
            self._source: BinaryIO = gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[assignment]
        elif kind in ("bz2", "xz"):
            self._source = io.BufferedReader(_Decompressed(stream, kind))
        else:
            self._source = stream

    def read(self, size: int) -> bytes:
        """At most `size` bytes, fewer only at the end. Raises BrokenArchive for a damaged file and one that never ends."""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(data) < size:
            try:
                more = self._source.read(size - len(data))
            except (OSError, EOFError, zlib.error, lzma.LZMAError, MemoryError) as error:
                raise BrokenArchive(str(error) or "it is damaged") from error
            self._allowance.left -= len(more)
            data += more
        if self._allowance.left < 0:
            raise BrokenArchive(f"more than {size_text(MAX_UNPACKED)} come out of it")
        return data

    def peek(self, size: int) -> bytes:
        """The next bytes, which the next `read` gives as well."""
        self._ahead = self.read(size)
        return self._ahead

    def skip(self, size: int) -> None:
        """Go past so many bytes. Raises BrokenArchive if there are fewer."""
        while size > 0:
            data = self.read(min(size, 2**20))
            if not data:
                raise BrokenArchive("it is cut off")
            size -= len(data)


class _Decompressed(io.RawIOBase):
    """bz2 and xz: several of them one after the other are one file, as the tools have it."""

    def __init__(self, stream: BinaryIO, kind: Kind) -> None:
        self._stream = stream
        self._kind = kind
        self._current: _Decompressor | None = self._new()

    def _new(self) -> _Decompressor:
        if self._kind == "bz2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        while self._current is not None:
            given = b""
            if self._current.eof:
                given = self._current.unused_data or self._stream.read(io.DEFAULT_BUFFER_SIZE)
                if not given.strip(b"\0"):
                    self._current = None
                    break
                self._current = self._new()
            elif self._current.needs_input and not (given := self._stream.read(io.DEFAULT_BUFFER_SIZE)):
                raise EOFError("it is cut off")
            if data := self._current.decompress(given, len(buffer)):
                buffer[: len(data)] = data
                return len(data)
        return 0


class Member(msgspec.Struct, frozen=True):
    """A member of a tar: `data` is None where it is larger than asked for, `problem` says why it is none that is taken."""

    name: str
    size: int
    modified: float
    data: bytes | None
    problem: str = ""


class _Extra(msgspec.Struct):
    """What records before a member say of it: its name where that is long, its size where that is large."""

    name: str = ""
    size: int = -1
    sparse: bool = False


def tar_members(source: Unpacking, keep: int, keep_code: int) -> Iterator[Member]:
    """The members that are no folders, in order, with their data up to `keep_code` bytes (files of code, archives) or `keep` (others).

    Raises BrokenArchive where the archive is damaged.
    """
    extra = _Extra()
    for _ in range(MAX_MEMBERS):
        info = _header(source)
        if info is None:
            return
        if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            _read_pax(_record(source, info), extra)
        elif info.type == tarfile.GNUTYPE_LONGNAME:
            extra.name = _record(source, info).rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif info.type in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
            source.skip(_whole_blocks(info.size))
        else:
            name = extra.name or info.name
            size = info.size if extra.size < 0 else extra.size
            data, problem = None, _problem(info, extra)
            if not info.isreg() and info.type in tarfile.SUPPORTED_TYPES:
                size = 0  # links, folders and devices have none, whatever they say
            elif not problem and size <= (keep_code if is_code(name) or is_archive(name) else keep):
                data = source.read(size)
                if len(data) < size:
                    raise BrokenArchive("it is cut off")
                source.skip(_whole_blocks(size) - size)
            else:
                source.skip(_whole_blocks(size))
            if not info.isdir():
                yield Member(name, size, float(info.mtime), data, problem)
            extra = _Extra()
    raise BrokenArchive(f"it has more than {MAX_MEMBERS:,} members")


def _header(source: Unpacking) -> tarfile.TarInfo | None:
    block = source.read(_BLOCK)
    if not block.strip(b"\0"):
        return None  # the end, whether it is marked or not
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise BrokenArchive("it is cut off" if len(block) < _BLOCK else "it is damaged") from error
    if info.size < 0:
        raise BrokenArchive("it is damaged")
    if info.type == tarfile.GNUTYPE_SPARSE:
        extended = bool(block[482])
        while extended:
            more = source.read(_BLOCK)
            extended = len(more) == _BLOCK and bool(more[504])
    return info


def _problem(info: tarfile.TarInfo, extra: _Extra) -> str:
    if info.issym() or info.islnk():
        return "a link"
    if info.ischr() or info.isblk() or info.isfifo():
        return "a device"
    if extra.sparse or info.type == tarfile.GNUTYPE_SPARSE:
        return "a file with holes in it"
    return ""


def _record(source: Unpacking, info: tarfile.TarInfo) -> bytes:
    if info.size > _MAX_NAME_RECORD:
        raise BrokenArchive("it has a name that is too long")
    return source.read(_whole_blocks(info.size))[: info.size]


def _read_pax(record: bytes, extra: _Extra) -> None:
    """Lines such as `18 path=losses.py`, each with its own length before it."""
    position = 0
    while position < len(record):
        space = record.find(b" ", position, position + 12)
        length = record[position:space]
        if space < 0 or not length.isdigit() or int(length) <= space - position:
            return  # padding, or damage: the plain header still holds
        key, _, value = record[space + 1 : position + int(length) - 1].partition(b"=")
        if key == b"path":
            extra.name = value.rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif key == b"size" and value.isdigit() and len(value) < 18:
            extra.size = int(value)
        elif key.startswith(b"GNU.sparse."):
            extra.sparse = True
        position += int(length)


def _whole_blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
