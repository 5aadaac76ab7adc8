"""Cuts: so many training and test images of a data set, the same ones on every machine, in the folders that a run takes them from.

The images of a cut come class by class in turn (image i has class i modulo 10, and is that class' next one in the published order), so that
every beginning of a cut is a smaller cut, with as many images of one class as of another. A whole data set keeps its own order.

An assignment may bring a cut along: the training part in `assignments/NAME/data/`, the test part in `reference/NAME/data/`, which students
never receive.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.datasets.files import Arrays
from grader.datasets.known import data_set
from grader.datasets.store import find_data, make_folder, missing, open_arrays, read_about, store_root
from grader.errors import AssignmentError, MachineLacks
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
        array: NDArray[np.uint8] = np.load(Path(self.exposed) / "train_images.npy", mmap_mode="r")
        return array

    def train_labels(self) -> NDArray[np.uint8]:
        return self._load("train_labels")

    def test_images(self) -> NDArray[np.uint8]:
        """uint8 (N, C, H, W), mapped."""
        return self._load("test_images")

    def test_labels(self) -> NDArray[np.uint8]:
        return self._load("test_labels")

    def _load(self, part: str) -> NDArray[np.uint8]:
        array: NDArray[np.uint8] = np.load(Path(self.answers) / f"{part}.npy", mmap_mode="r")
        return array


class Labelled(msgspec.Struct, frozen=True):
    """One part: images uint8 (N, C, H, W), labels uint8 (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def make_cut(name: str, train: int, test: int, shipped: tuple[Path, Path] | None = None) -> Cut:
    """The cut of `train` and `test` images: prepared now, or found as it was prepared earlier.

    `shipped`: the training and the test part that came with an assignment, where they are there. With `test=0` the training part alone
    is enough. Raises MachineLacks where the machine has neither these nor the data set, and AssignmentError where it has too few images.
    """
    own = _shipped(shipped, train, test)
    if own is not None:
        source = hashlib.sha256(b"".join(path.read_bytes() for path in own)).hexdigest()
        return _prepared(name, train, test, source, lambda: (_read_part(own[0]), _read_part(own[1]) if test else None), "")
    folder = find_data(name)
    if folder is None:
        raise missing(name)
    about = read_about(folder)
    assert about is not None
    if train > about.train or test > about.test:
        raise MachineLacks(
            f"{folder} holds {about.train:,} training and {about.test:,} test images of {name}: expected {train:,} and {test:,}."
        )

    def read() -> tuple[Labelled, Labelled | None]:
        arrays: Arrays = open_arrays(folder)
        return Labelled(arrays.train_images, arrays.train_labels), Labelled(arrays.test_images, arrays.test_labels)

    note = "" if about.original else f"trained on images that are not {name} as published, but arrays of the instructor's own"
    return _prepared(name, train, test, about.digest, read, note)


def _shipped(shipped: tuple[Path, Path] | None, train: int, test: int) -> tuple[Path, ...] | None:
    """The files of a cut that came along, if they are there and large enough."""
    if shipped is None:
        return None
    files = shipped if test else shipped[:1]
    if not all(path.is_file() for path in files):
        return None
    if any(_count(path) < wanted for path, wanted in zip(files, (train, test), strict=False)):
        return None
    return files


def _prepared(
    name: str, train: int, test: int, source: str, read: Callable[[], tuple[Labelled, Labelled | None]], note: str
) -> Cut:
    digest = hashlib.sha256(f"{source} {train} {test}".encode()).hexdigest()
    target = store_root() / "cuts" / f"{name}-{train}-{test}-{digest[:12]}"
    if not (target / "answers").is_dir():
        first, second = read()
        training = _beginning(first, train)
        testing = _beginning(second, test) if second is not None and test else None

        def fill(folder: Path) -> None:
            for inside in ("exposed", "answers"):
                (folder / inside).mkdir()
            np.save(folder / "exposed/train_images.npy", training.images)
            np.save(folder / "answers/train_labels.npy", training.labels)
            if testing is not None:
                np.save(folder / "answers/test_images.npy", testing.images)
                np.save(folder / "answers/test_labels.npy", testing.labels)
            (folder / "exposed").chmod(0o755)  # a student's process runs as another user
            (folder / "exposed/train_images.npy").chmod(0o644)

        make_folder(target, fill, replace=False)  # somebody may have it open by now
    return Cut(name, str(target / "exposed"), str(target / "answers"), digest, note)


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
    """Make the cut that comes along with an assignment, from the whole data set on this machine.

    Raises MachineLacks where that is missing, and AssignmentError where it is not the original.
    """
    known = data_set(name)
    folder = find_data(name)
    if folder is None:
        raise missing(name)
    about = read_about(folder)
    if about is None or not about.original:
        raise AssignmentError(f"{folder} is not {name} as published: a cut that others receive is made from the original.")
    arrays = open_arrays(folder)
    parts = (Labelled(arrays.train_images, arrays.train_labels), Labelled(arrays.test_images, arrays.test_labels))
    for path, part, count in zip(files, parts, (train, test), strict=True):
        if not 0 < count <= len(part.labels):
            raise AssignmentError(f"{name} has {known.train:,} training and {known.test:,} test images: expected at most as many.")
        cut = _beginning(part, count)
        packed = io.BytesIO()
        np.savez_compressed(packed, images=cut.images, labels=cut.labels)
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, packed.getvalue())


def _read_part(path: Path) -> Labelled:
    with np.load(path, allow_pickle=False) as file:
        return Labelled(file["images"], file["labels"])


def _count(path: Path) -> int:
    try:
        with np.load(path, allow_pickle=False) as file:
            return len(file["labels"])
    except (OSError, ValueError, KeyError) as error:
        raise AssignmentError(f"{path} cannot be read as a cut ({error}): make it anew with `grader data cut`.") from error
