"""Which of several files is the newest: by when they were changed, where that is known, or else by what their names say."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

__all__ = ["is_version_of", "newest_of"]

_CLOSE = 60.0  # seconds: unpacking or cloning gives all files the same time, or nearly
_LATER = ("final", "fixed", "last", "latest", "new", "최종", "수정")
_EARLIER = ("copy", "backup", "old", "사본", "복사본", "백업")
_MARK = re.compile(
    rf"\((?:\d+)\)|\d+|[\W_]+|(?<![^\W\d_])(?:v|ver|version|of|{'|'.join((*_LATER, *_EARLIER))})(?![^\W\d_])", re.IGNORECASE
)


def newest_of(keys: Sequence[str], modified: Mapping[str, float]) -> tuple[str, str]:
    """The newest of the files with those names, and how that is known; the first, where nothing tells."""
    by_time = sorted(keys, key=lambda key: modified.get(key, 0.0))
    latest, before = (modified.get(key, 0.0) for key in (by_time[-1], by_time[-2]))
    if all(modified.get(key, 0.0) > 0 for key in keys) and latest - before > _CLOSE:
        return by_time[-1], f"it was changed last ({_moment(latest)})"
    if len({_bare(key) for key in keys}) == 1:
        by_name = sorted(keys, key=_version)
        if _version(by_name[-1]) > _version(by_name[-2]):
            return by_name[-1], "by its name it is the newest"
    return keys[0], "its name is nearest to the one that is asked for"


def is_version_of(name: str, original: str) -> bool:
    """Whether a file's name is another's with a mark of a version or a copy behind it: "hw3 (2).py" of "hw3.py"."""
    stem, first = _stem(name), _stem(original)
    mark = stem.removeprefix(first)
    same = stem != first and stem.startswith(first) and PurePosixPath(name).suffix == PurePosixPath(original).suffix
    return same and not (mark[0].isdigit() and first[-1:].isdigit()) and not _MARK.sub("", mark)


def _stem(key: str) -> str:
    return PurePosixPath(key).stem.casefold()


def _bare(key: str) -> str:
    return _MARK.sub("", _stem(key))


def _version(key: str) -> tuple[int, list[int]]:
    stem = _stem(key)
    words = re.findall(r"[^\W\d_]+", stem)
    weight = sum(word in _LATER for word in words) - sum(word in _EARLIER for word in words)
    return weight, [int(digits[:18]) for digits in re.findall(r"\d+", stem)]


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):  # an archive may claim any time
        return "at a time that no calendar has"
