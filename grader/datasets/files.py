"""Reading the files that data sets are published as."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.datasets.known import DataSet
from grader.errors import MachineLacks, UsageError

__all__ = ["Arrays", "digest_of", "read_archives", "read_npz", "read_raw"]

_IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_BYTES = 8  # idx's code for unsigned bytes


class Arrays(msgspec.Struct, frozen=True):
    """A whole data set: images uint8 (N, C, H, W), labels uint8 (N,)."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def digest_of(arrays: Arrays) -> str:
    """SHA-256 over the bytes of the four arrays."""
    whole = hashlib.sha256()
    for name in Arrays.__struct_fields__:
        whole.update(np.ascontiguousarray(getattr(arrays, name)).data)
    return whole.hexdigest()


def read_archives(folder: Path, known: DataSet) -> Arrays | None:
    """A data set of idx files in `folder`, unpacked or as .gz; None where one of the four is not there.

    Raises MachineLacks if a file is damaged or is not the published one.
    """
    if not known.digest:
        return None
    paths = [_first_of(folder / name, folder / f"{name}.gz") for name in _IDX]
    if any(path is None for path in paths):
        return None
    try:
        images, labels, test_images, test_labels = [_read_idx(path) for path in paths if path is not None]
        arrays = Arrays(images[:, None], labels, test_images[:, None], test_labels)
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise MachineLacks(f"{folder} holds a damaged {known.name} ({error}): remove the files and fetch them again.") from error
    if digest_of(arrays) != known.digest:
        raise MachineLacks(f"{folder} holds something else than {known.name} as published: remove the files and fetch them again.")
    return arrays


def _first_of(*paths: Path) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """An idx file of bytes: two zeros, the type, the number of axes, each axis' length, the values."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if data[:3] != bytes((0, 0, _BYTES)):
        raise ValueError(f"{path.name} is no idx file of bytes")
    shape = tuple(np.frombuffer(data, ">u4", count=data[3], offset=4))
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_raw(root: Path, known: DataSet) -> Arrays | None:
    """A data set as torchvision keeps it below `root`; None where it is not there. Raises MachineLacks if it is damaged."""
    if known.digest:
        return read_archives(root / known.raw, known)
    if not (root / known.raw).is_dir():
        return None
    from torchvision import datasets

    try:
        train, test = (getattr(datasets, known.torchvision)(os.fspath(root), train=part) for part in (True, False))
    except (RuntimeError, OSError) as error:
        raise MachineLacks(f"{root / known.raw} holds a damaged {known.name} ({error}): remove it and fetch it again.") from error
    images = [np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)) for part in (train, test)]
    labels = [np.asarray(part.targets, np.uint8) for part in (train, test)]
    return Arrays(images[0], labels[0], images[1], labels[1])


def read_npz(paths: Sequence[Path], known: DataSet) -> Arrays:
    """The four arrays `train_images`, `train_labels`, `test_images`, `test_labels` from .npz files, each in any of them.

    Raises UsageError for arrays that are missing or are not what the data set looks like; any number of images is taken.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as file:
                found |= {name: file[name] for name in file.files if name in Arrays.__struct_fields__}
        except (OSError, ValueError, AttributeError) as error:
            raise UsageError(f"{path} cannot be read as .npz: {error}.") from error
    for name in Arrays.__struct_fields__:
        if name not in found:
            raise UsageError(
                f"expected an array {name} in {', '.join(map(str, paths))}, found {', '.join(found) or 'none of ours'}."
            )
        array = found[name]
        wanted: tuple[int, ...] = known.shape if name.endswith("images") else ()
        if array.dtype != np.uint8 or array.shape[1:] != wanted or not len(array):
            raise UsageError(
                f"{name}: expected uint8 of shape (N, {', '.join(map(str, wanted))}), found {array.dtype} {array.shape}."
            )
    for part in ("train", "test"):
        images, labels = found[f"{part}_images"], found[f"{part}_labels"]
        if len(images) != len(labels) or labels.max() >= len(known.classes):
            raise UsageError(
                f"{part}_labels: expected {len(images)} labels below {len(known.classes)}, found {len(labels)} up to {labels.max()}."
            )
    return Arrays(**found)
