"""Where data sets lie on this machine: found in several places, prepared once as .npy files in one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from grader.datasets.files import Arrays, digest_of, read_archives, read_npz, read_raw
from grader.datasets.known import KNOWN, DataSet, data_set
from grader.errors import GraderError, MachineLacks
from grader.storage import disk_is_full

__all__ = [
    "About",
    "add_arrays",
    "data_roots",
    "find_data",
    "folders_with_answers",
    "make_folder",
    "missing",
    "open_arrays",
    "read_about",
    "store_root",
]

_ABOUT = "about.json"


class About(msgspec.Struct, frozen=True):
    """What lies beside prepared arrays: where they are from, and whether they are the original."""

    name: str
    digest: str
    original: bool
    source: str
    train: int
    test: int


def data_roots() -> list[Path]:
    """The folders in which data sets are looked for: GRADER_DATA, then the user's cache."""
    named = os.environ.get("GRADER_DATA")
    return [*([Path(named).resolve()] if named else []), _cache()]


def folders_with_answers() -> list[Path]:
    """Where whole data sets may lie, test images and labels together: nothing that a student's process should see."""
    return [*data_roots(), *(package for known in KNOWN.values() for package in known.packages)]


def _cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "grader"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/grader"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "grader"


def store_root() -> Path:
    """Where prepared arrays are written: GRADER_DATA, or the user's cache."""
    return data_roots()[0]


def find_data(name: str, *, prepare: bool = True) -> Path | None:
    """The folder of a data set's prepared arrays (`train_images.npy` and the three others), or None where the machine lacks it.

    Files that torchvision or a system's package left are read once and checked; with `prepare=False` they are only looked for, and
    their folder is returned. Raises MachineLacks for damaged files and where the arrays cannot be written.
    """
    known = data_set(name)
    for root in data_roots():
        if read_about(root / "arrays" / name) is not None:
            return root / "arrays" / name
    for place, read in _sources(known):
        if place.is_dir() and any(place.iterdir()):
            if not prepare:
                return place
            arrays = read()
            if arrays is not None:
                return _keep(arrays, known, original=True, source=str(place))
    return None


def _sources(known: DataSet) -> list[tuple[Path, Callable[[], Arrays | None]]]:
    below = [(root / known.raw, lambda root=root: read_raw(root, known)) for root in data_roots()]
    packed = [(place, lambda place=place: read_archives(place, known)) for place in known.packages]
    return [*below, *packed]


def missing(name: str) -> MachineLacks:
    """The sentence for a data set that this machine has not got; raise what it returns."""
    return MachineLacks(
        f"the data set {name} is not on this machine: run `grader data fetch {name}` (about "
        f"{data_set(name).megabytes:.0f} MB), or set GRADER_DATA to the folder that holds it."
    )


def add_arrays(name: str, paths: Sequence[Path]) -> About:
    """Register arrays of one's own as the data set `name`; reports will say that they are not the original, unless they are.

    Raises UsageError for arrays that do not look like that data set.
    """
    known = data_set(name)
    arrays = read_npz(paths, known)
    folder = _keep(
        arrays, known, original=bool(known.digest) and digest_of(arrays) == known.digest, source=", ".join(map(str, paths))
    )
    about = read_about(folder)
    assert about is not None
    return about


def _keep(arrays: Arrays, known: DataSet, *, original: bool, source: str) -> Path:
    about = About(known.name, digest_of(arrays), original, source, len(arrays.train_labels), len(arrays.test_labels))

    def fill(folder: Path) -> None:
        for name in Arrays.__struct_fields__:
            np.save(folder / f"{name}.npy", getattr(arrays, name))
        (folder / _ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)))

    return make_folder(store_root() / "arrays" / known.name, fill)


def make_folder(target: Path, fill: Callable[[Path], None], *, replace: bool = True) -> Path:
    """Have a folder filled beside its place and moved there in one step; one that is there already is replaced, or else kept."""
    mark = secrets.token_hex(6)
    new, old = target.with_name(f".{mark}.new"), target.with_name(f".{mark}.old")
    try:
        new.mkdir(parents=True)
        fill(new)
        if replace:
            with contextlib.suppress(FileNotFoundError):
                target.rename(old)
        try:
            new.rename(target)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another process was as fast: its folder holds the same
                raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_is_full(target) from error
        raise MachineLacks(
            f"{target} cannot be written ({error.strerror}): set GRADER_DATA to a folder that you may write to."
        ) from error
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
    return target


def read_about(folder: Path) -> About | None:
    """What stands beside prepared arrays; None where there are none."""
    try:
        return msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise GraderError(f"{folder / _ABOUT} cannot be read ({error}): remove the folder {folder}.") from error


def open_arrays(folder: Path) -> Arrays:
    """The prepared arrays of a folder, mapped into memory and not read."""
    return Arrays(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in Arrays.__struct_fields__})
