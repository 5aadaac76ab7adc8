"""Names of files as strangers' systems write them: made readable, refused where they lead out, and counted where they are left out."""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "LeftOut",
    "is_archive",
    "is_code",
    "is_ignored",
    "readable_name",
    "safe_name",
    "shown_name",
    "size_text",
    "without_archive_suffix",
]

MAX_NAME_BYTES = 240  # a scratch folder's path comes before it, and file systems end at 255
MAX_DEPTH = 8

_IGNORED = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db", "desktop.ini"}
_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz)|(?:py|ipynb)\.(?:gz|bz2|xz))\Z", re.IGNORECASE)


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
        first = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in names[0]) or "a file without a name"
        first = first if len(first) <= 100 else f"{first[:97]}..."
        others = "" if len(names) == 1 else f" and {len(names) - 1:,} other{'s' if len(names) > 2 else ''}"
        return f"Left out: {first}{others} ({reason})."


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is an editor's or a system's, never a student's work."""
    return name.startswith(".") or name in _IGNORED


def is_code(name: str) -> bool:
    """Whether a file of that name is one to run."""
    return name.lower().endswith((".py", ".ipynb"))


def is_archive(name: str) -> bool:
    """Whether a file of that name is looked into: zip and tar, and a single file of code that is compressed."""
    return _ARCHIVE.search(name) is not None


def without_archive_suffix(name: str) -> str:
    """hw3.tar.gz -> hw3, losses.py.gz -> losses.py; a name that is no archive's stays."""
    return re.sub(r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz)|gz|bz2|xz)\Z", "", name, flags=re.IGNORECASE) or name


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


def shown_name(name: str) -> str:
    """A file's name as messages have it, and as a lone file goes by: readable, with `_` for what no name should hold."""
    return "".join("_" if unicodedata.category(char) in ("Cc", "Cs") else char for char in readable_name(name))


def safe_name(name: str, left_out: LeftOut) -> str:
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
