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

from grader.datasets.files import Arrays, digest_of, open_array, read_archives, read_npz, read_raw, unreadable
from grader.datasets.known import KNOWN, DataSet, data_set
from grader.errors import MachineLacks, UsageError
from grader.storage import disk_is_full

__all__ = [
    "About",
    "Damaged",
    "add_arrays",
    "data_roots",
    "enter_store",
    "find_data",
    "find_original",
    "folders_with_answers",
    "make_folder",
    "missing",
    "not_written",
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


class Damaged(MachineLacks):
    """Prepared arrays that are not whole; fetching the data set puts others in their place."""


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


def enter_store() -> Path:
    """The store's root, which need not be there yet. Raises MachineLacks where it is no folder, or may not be looked into."""
    root = store_root()
    if problem := _problem_of(root):
        raise MachineLacks(problem)
    return root


def _problem_of(root: Path) -> str:
    """Why nothing can be looked for below a folder; nothing if it can, or if it is not there."""
    name = f"GRADER_DATA ({root})" if os.environ.get("GRADER_DATA") else f"the data folder {root}"
    try:
        os.stat(os.path.join(root, "."))  # whether it can be entered: one that cannot be listed will do
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        return f"{name} is a file: expected a folder: set GRADER_DATA to one."
    except OSError as error:
        return f"{name} cannot be read ({error.strerror}): have its owner let you, or set GRADER_DATA to another folder."
    return ""


def _roots() -> list[Path]:
    """The folders to look in. The first one has to be readable, since it was named; of the user's cache nobody spoke."""
    first = enter_store()
    return [first, *(root for root in data_roots()[1:] if not _problem_of(root))]


def find_data(name: str, *, prepare: bool = True) -> Path | None:
    """The folder of a data set's prepared arrays (`train_images.npy` and the three others), or None where the machine lacks it.

    Files that torchvision or a system's package left are read once and checked; with `prepare=False` they are only looked for, and
    their folder is returned. Raises Damaged for arrays that are not whole, and MachineLacks for other damaged files, for what may
    not be read, and where the arrays cannot be written.
    """
    known = data_set(name)
    return _find_arrays(known) or _find_published(known, prepare=prepare)


def find_original(name: str) -> Path | None:
    """Like `find_data`, but arrays of one's own do not count, nor damaged ones: the original takes their place, if its files are here."""
    known = data_set(name)
    with contextlib.suppress(Damaged):
        folder = _find_arrays(known)
        if folder is not None and _is_original(folder):
            return folder
    return _find_published(known)


def _find_arrays(known: DataSet) -> Path | None:
    for root in _roots():
        folder = root / "arrays" / known.name
        if read_about(folder) is not None:
            open_arrays(folder)
            return folder
    return None


def _find_published(known: DataSet, *, prepare: bool = True) -> Path | None:
    for place, read in _sources(known):
        if _holds_something(place):
            if not prepare:
                return place
            arrays = read()
            if arrays is not None:
                return _keep(arrays, known, original=True, source=str(place))
    return None


def _holds_something(place: Path) -> bool:
    try:
        return any(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(place, error) from error


def _sources(known: DataSet) -> list[tuple[Path, Callable[[], Arrays | None]]]:
    below = [(root / known.raw, lambda root=root: read_raw(root, known)) for root in _roots()]
    packed = [(place, lambda place=place: read_archives(place, known)) for place in known.packages]
    return [*below, *packed]


def missing(name: str, besides: str = "") -> MachineLacks:
    """The sentence for a data set that this machine has not got; raise what it returns. `besides`: what was of no use either."""
    return MachineLacks(
        f"the data set {name} is not on this machine{besides}: run `grader data fetch {name}` (about "
        f"{data_set(name).megabytes:.0f} MB), or set GRADER_DATA to the folder that holds it."
    )


def add_arrays(name: str, paths: Sequence[Path]) -> About:
    """Register arrays of one's own as the data set `name`; reports will say that they are not the original, unless they are.

    Raises UsageError for arrays that do not look like that data set, or that would replace the original.
    """
    known = data_set(name)
    folder = enter_store() / "arrays" / name
    arrays = read_npz(paths, known)
    original = bool(known.digest) and digest_of(arrays) == known.digest
    if not original and _is_original(folder):
        raise UsageError(
            f"{folder} holds {name} as published, and {', '.join(map(str, paths))} something else: "
            "remove that folder first, if you want yours in its place."
        )
    _keep(arrays, known, original=original, source=", ".join(map(str, paths)))
    about = read_about(folder)
    assert about is not None
    return about


def _is_original(folder: Path) -> bool:
    try:
        about = read_about(folder)
    except Damaged:
        return False
    return about is not None and about.original


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
        raise not_written(target, error) from error
    finally:
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)
    return target


def not_written(path: Path, error: OSError) -> MachineLacks:
    """The sentence for what cannot be written below the store's root; raise what it returns."""
    if error.errno == errno.ENOSPC:
        return disk_is_full(path)
    return MachineLacks(f"{path} cannot be written ({error.strerror}): set GRADER_DATA to a folder that you may write to.")


def read_about(folder: Path) -> About | None:
    """What stands beside prepared arrays; None where there are none. Raises Damaged, or MachineLacks where it may not be read."""
    try:
        return msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise unreadable(folder / _ABOUT, error) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise _damaged(folder, f"{_ABOUT}: {error}") from error


def open_arrays(folder: Path) -> Arrays:
    """The prepared arrays of a folder, mapped into memory and not read. Raises Damaged where one of them is not whole."""
    about, image = read_about(folder), data_set(folder.name).shape
    if about is None:
        raise _damaged(folder, f"{_ABOUT} is not there")
    parts = (("train", about.train), ("test", about.test))
    shapes = {f"{part}_{kind}": (count, *one) for part, count in parts for kind, one in (("images", image), ("labels", ()))}
    try:
        return Arrays(**{name: open_array(folder / f"{name}.npy", shape) for name, shape in shapes.items()})
    except ValueError as error:
        raise _damaged(folder, str(error)) from error


def _damaged(folder: Path, reason: str) -> Damaged:
    return Damaged(f"{folder} is damaged ({reason}): run `grader data fetch {folder.name}`, or add arrays of your own again.")
