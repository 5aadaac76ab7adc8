"""Archives made to order: by the standard library where it makes such a thing, byte by byte where it does not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Mapping

__all__ = [
    "device",
    "hard_link",
    "link",
    "moved",
    "packed",
    "patched",
    "sparse",
    "tar",
    "zip_called",
    "zip_of",
    "zip_of_links",
    "zip_overlapping",
]

Files = Mapping[str, str | bytes]
DATE = (2024, 5, 2, 14, 3, 0)


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def zip_of(files: Files, *, method: int = zipfile.ZIP_DEFLATED, dates: Mapping[str, tuple[int, ...]] | None = None) -> bytes:
    """A zip of those files, in that order; `dates` say when some were changed, and the others share a date."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (dates or {}).get(name, DATE))  # type: ignore[arg-type]
            info.compress_type = method
            archive.writestr(info, _bytes(content))
    return target.getvalue()


def zip_of_links(files: Files, links: Mapping[str, str]) -> bytes:
    """A zip with symbolic links in it, as `zip -y` makes them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), _bytes(content))
        for name, where in links.items():
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, where)
    return target.getvalue()


def zip_called(files: Files, encoding: str) -> bytes:
    """A zip whose names are in `encoding` and are not said to be so, as Korean Windows makes it."""
    placeholders = {f"{place:0{len(name.encode(encoding))}}": name for place, name in enumerate(files)}
    data = zip_of({placeholder: files[name] for placeholder, name in placeholders.items()}, method=zipfile.ZIP_STORED)
    for placeholder, name in placeholders.items():
        data = patched(data, placeholder.encode(), name.encode(encoding))
    return data


def zip_overlapping(name: str, content: str, copies: int) -> bytes:
    """A zip whose table of contents lists one stretch of bytes many times, under many names."""
    data = zip_of({name: content})
    start = data.index(b"PK\1\2")
    entry = data[start : data.index(b"PK\5\6")]
    named = [entry.replace(name.encode(), f"{place:0{len(name) - 3}}.py".encode()) for place in range(copies)]
    table = entry + b"".join(named)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, copies + 1, copies + 1, len(table), start, 0)
    return data[:start] + table + end


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """The bytes with some replaced everywhere; they have to be there."""
    assert old in data
    return data.replace(old, new)


def tar(files: Files, *members: tarfile.TarInfo, kind: str = "gz", form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of those files, compressed as `kind` ("gz", "bz2", "xz" or ""), with further members that have no content.

    The same bytes each time: gzip would write down the moment.
    """
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(_bytes(content))
            info.mtime = 1_714_658_580
            archive.addfile(info, io.BytesIO(_bytes(content)))
        for member in members:
            archive.addfile(member)
    return packed(target.getvalue(), kind)


def packed(data: bytes, kind: str) -> bytes:
    """The bytes compressed as "gz", "bz2" or "xz"; "" leaves them."""
    pack = {"gz": lambda: gzip.compress(data, mtime=0), "bz2": lambda: bz2.compress(data), "xz": lambda: lzma.compress(data)}
    return pack[kind]() if kind else data


def _member(name: str, kind: bytes, where: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, where
    return info


def link(name: str, where: str) -> tarfile.TarInfo:
    """A symbolic link."""
    return _member(name, tarfile.SYMTYPE, where)


def hard_link(name: str, where: str) -> tarfile.TarInfo:
    """A second name of another member, or of a file outside."""
    return _member(name, tarfile.LNKTYPE, where)


def device(name: str) -> tarfile.TarInfo:
    """A character device, such as /dev/zero, which never ends."""
    return _member(name, tarfile.CHRTYPE)


def sparse(name: str) -> bytes:
    """The blocks of an old GNU sparse file, which claims a terabyte and holds nothing, with one extension of its map."""
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    block[156:157] = tarfile.GNUTYPE_SPARSE
    block[482] = 1
    block[483:495] = b"0" * 11 + b"\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + b"\0" * 512


def moved(data: bytes, by: bytes) -> bytes:
    """Something before the archive, as a self-extracting one has it."""
    return by + data
