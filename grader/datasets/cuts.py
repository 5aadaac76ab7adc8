"""Cuts: so many training and test images of a data set, the same ones on every machine, in the folders that a run takes them from.

The images of a cut come class by class in turn (image i has class i modulo 10, and is that class' next one in the published order), so that
every beginning of a cut is a smaller cut, with as many images of one class as of another. A whole data set keeps its own order.

An assignment may bring a cut along: the training part in `assignments/NAME/data/`, the test part in `reference/NAME/data/`, which students
never receive.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.datasets.files import complaint_about, load_npz, open_array, unreadable
from grader.datasets.known import DataSet, data_set
from grader.datasets.store import enter_store, find_data, make_folder, missing, open_arrays, read_about
from grader.errors import AssignmentError, GraderError, MachineLacks, UsageError
from grader.storage import write_atomically

__all__ = ["Cut", "Labelled", "make_cut", "shipped_files", "write_shipped"]


class Cut(msgspec.Struct, frozen=True):
    """A prepared cut. Only `exposed` is ever shown to a student's process; it holds `train_images.npy` and nothing else.

    `digest` tells cuts apart; `note` is said in every report where the images are not the original.
    """

    name: str
    exposed: str
    answers: str  # train_labels.npy, test_images.npy, test_labels.npy
    digest: str
    note: str = ""

    def train_images(self) -> NDArray[np.uint8]:
        """uint8 (N, C, H, W), mapped: what a student's process is shown."""
        return _mapped(Path(self.exposed) / "train_images.npy")

    def train_labels(self) -> NDArray[np.uint8]:
        return _mapped(Path(self.answers) / "train_labels.npy")

    def test_images(self) -> NDArray[np.uint8]:
        """uint8 (N, C, H, W), mapped."""
        return _mapped(Path(self.answers) / "test_images.npy")

    def test_labels(self) -> NDArray[np.uint8]:
        return _mapped(Path(self.answers) / "test_labels.npy")


def _mapped(path: Path) -> NDArray[np.uint8]:
    """A file of a cut that was whole when it was looked up. Raises MachineLacks if it is not any more."""
    try:
        return open_array(path)
    except ValueError as error:
        raise MachineLacks(f"{path.parent} was damaged meanwhile ({error}): run the same command again.") from error


class Labelled(msgspec.Struct, frozen=True):
    """One part: images uint8 (N, C, H, W), labels uint8 (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def make_cut(name: str, train: int, test: int, shipped: tuple[Path, Path] | None = None) -> Cut:
    """The cut of `train` and `test` images: prepared now, or found whole as it was prepared earlier.

    `shipped`: the training and the test part that came with an assignment, where they are there. With `test=0` the training part alone
    is enough. Raises AssignmentError where these cannot be used, and MachineLacks where the machine has neither them nor so many images.
    """
    known = data_set(name)
    wanted = (train, test) if test else (train,)
    own = _there(shipped[: len(wanted)] if shipped is not None else ())
    counts = [len(_load(path, "labels")["labels"]) for path in own]
    if own and all(count >= least for count, least in zip(counts, wanted, strict=True)):
        source = hashlib.sha256(b"".join(path.read_bytes() for path in own)).hexdigest()
        return _prepared(known, train, test, source, lambda: [_read_part(path, known) for path in own], "")
    folder = find_data(name)
    if folder is None:
        has = f", and the cut that comes along has {_and(counts)} images where {_and(wanted)} are wanted" if own else ""
        raise missing(name, has)
    about = read_about(folder)
    assert about is not None
    if train > about.train or test > about.test:
        raise MachineLacks(
            f"{folder} holds {about.train:,} training and {about.test:,} test images of {name}: expected {train:,} and {test:,}: "
            f"run `grader data fetch {name}`."
        )
    note = "" if about.original else f"trained on images that are not {name} as published, but arrays of the instructor's own"
    return _prepared(known, train, test, about.digest, lambda: _parts(folder), note)


def _and(counts: Sequence[int]) -> str:
    return " and ".join(f"{count:,}" for count in counts)


def _parts(folder: Path) -> list[Labelled]:
    arrays = open_arrays(folder)
    return [Labelled(arrays.train_images, arrays.train_labels), Labelled(arrays.test_images, arrays.test_labels)]


def _prepared(known: DataSet, train: int, test: int, source: str, read: Callable[[], list[Labelled]], note: str) -> Cut:
    digest = hashlib.sha256(f"{source} {train} {test}".encode()).hexdigest()
    target = enter_store() / "cuts" / f"{known.name}-{train}-{test}-{digest[:12]}"
    shapes: dict[str, tuple[int, ...]] = {"exposed/train_images": (train, *known.shape), "answers/train_labels": (train,)}
    if test:
        shapes |= {"answers/test_images": (test, *known.shape), "answers/test_labels": (test,)}
    there = os.path.isdir(target)  # asked first: one that another process makes meanwhile is not damaged
    damage = _damage(target, shapes) if there else ""
    if damage or not there:
        parts = [_beginning(part, count) for part, count in zip(read(), (train, test), strict=False) if count]

        def fill(folder: Path) -> None:
            for inside in ("exposed", "answers"):
                (folder / inside).mkdir()
            arrays = [array for part in parts for array in (part.images, part.labels)]
            for name, array in zip(shapes, arrays, strict=True):
                np.save(folder / f"{name}.npy", array)
            (folder / "exposed").chmod(0o755)  # a student's process runs as another user
            (folder / "exposed/train_images.npy").chmod(0o644)

        try:
            make_folder(target, fill, replace=there)  # a whole one is kept: somebody may have it open by now
        except MachineLacks as error:
            if not damage:
                raise
            raise MachineLacks(
                f"{target} is damaged ({damage}): remove that folder; it could not be made anew, as {error}"
            ) from error
    return Cut(known.name, str(target / "exposed"), str(target / "answers"), digest, note)


def _damage(target: Path, shapes: dict[str, tuple[int, ...]]) -> str:
    """What is wrong with the files of a prepared cut; nothing if all are whole."""
    try:
        for name, shape in shapes.items():
            open_array(target / f"{name}.npy", shape)
    except ValueError as error:
        return str(error)
    return ""


def _beginning(part: Labelled, count: int) -> Labelled:
    """The cut of `count` images of a part; all of it in its own order, if it is no larger."""
    if count >= len(part.labels):
        return part
    order = _in_turn(np.asarray(part.labels))[:count]
    return Labelled(np.asarray(part.images[np.sort(order)])[np.argsort(np.argsort(order))], np.asarray(part.labels)[order])


def _in_turn(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The positions, one class after the other in turn; a class that has no more is left out from then on."""
    turn = np.zeros(len(labels), np.intp)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        turn[own] = np.arange(len(own))
    return np.lexsort((labels, turn))


# --- a cut that comes along -------------------------------------------------------------------------------------------------------


def shipped_files(folder: Path, reference: Path | None, name: str) -> tuple[Path, Path]:
    """Where an assignment's own cut of a data set lies: its training part, and its test part."""
    kept = reference if reference is not None else folder / "no-reference"
    return folder / "data" / f"{name}.npz", kept / "data" / f"{name}.npz"


def write_shipped(name: str, train: int, test: int, files: tuple[Path, Path]) -> None:
    """Make the cut that comes along with an assignment, from the whole data set on this machine; nothing is written before all is known.

    Raises MachineLacks where the data set is missing, AssignmentError where it is not the original, UsageError for numbers of images
    that it has not got, and GraderError where the files cannot be written.
    """
    folder = find_data(name)
    if folder is None:
        raise missing(name)
    about = read_about(folder)
    if about is None or not about.original:
        raise AssignmentError(
            f"{folder} is not {name} as published: a cut that others receive is made from the original: "
            f"run `grader data fetch {name}`, which puts that in its place."
        )
    parts = _parts(folder)
    for option, part, count in zip(("--train", "--test"), parts, (train, test), strict=True):
        if not 0 < count <= len(part.labels):
            raise UsageError(f"{option}: expected 1 or more, and no more than the {len(part.labels):,} of {name}, found {count:,}.")
    packed = [io.BytesIO(), io.BytesIO()]
    for stream, part, count in zip(packed, parts, (train, test), strict=True):
        cut = _beginning(part, count)
        np.savez_compressed(stream, images=cut.images, labels=cut.labels)
    for path in files:
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise GraderError(
                f"{path.parent} cannot be made ({error.strerror}): expected a folder, or room for one that you may make."
            ) from error
    for path, stream in zip(files, packed, strict=True):
        write_atomically(path, stream.getvalue())


def _there(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files of a cut that came along, if none is missing."""
    for path in files:
        try:
            if not path.is_file():
                return ()
        except PermissionError as error:
            raise unreadable(path, error) from error
    return files


def _read_part(path: Path, known: DataSet) -> Labelled:
    found = _load(path, "images", "labels")
    if complaint := complaint_about(found["images"], found["labels"], known):
        raise _useless(path, complaint)
    return Labelled(found["images"], found["labels"])


def _load(path: Path, *names: str) -> dict[str, NDArray[np.uint8]]:
    try:
        found = load_npz(path, names)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise _useless(path, str(error)) from error
    for name in names:
        if name not in found:
            raise _useless(path, f"expected an array {name}, found none")
    return found


def _useless(path: Path, reason: str) -> AssignmentError:
    return AssignmentError(f"{path} cannot be used as a cut of {path.stem} ({reason}): make it anew with `grader data cut`.")
