"""Reading the files that data sets are published as."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.datasets.known import DataSet
from grader.errors import MachineLacks, UsageError

__all__ = [
    "Arrays",
    "complaint_about",
    "digest_of",
    "load_npz",
    "open_array",
    "read_archives",
    "read_npz",
    "read_raw",
    "unreadable",
]

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


def unreadable(path: Path, error: OSError) -> MachineLacks:
    """The sentence for what is there and may not be read: nothing is damaged, so nothing has to go. Raise what it returns."""
    return MachineLacks(f"{path} cannot be read ({error.strerror}): expected that you may read it: have its owner allow it.")


def read_archives(folder: Path, known: DataSet) -> Arrays | None:
    """A data set of idx files in `folder`, unpacked or as .gz; None where one of the four is not there.

    Raises MachineLacks if a file is damaged, is not the published one, or may not be read.
    """
    if not known.digest:
        return None
    try:
        paths = [_first_of(folder / name, folder / f"{name}.gz") for name in _IDX]
        if any(path is None for path in paths):
            return None
        images, labels, test_images, test_labels = [_read_idx(path) for path in paths if path is not None]
        arrays = Arrays(images[:, None], labels, test_images[:, None], test_labels)
    except PermissionError as error:
        raise unreadable(folder, error) from error
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
    except PermissionError as error:
        raise unreadable(root / known.raw, error) from error
    except (RuntimeError, OSError) as error:
        raise MachineLacks(f"{root / known.raw} holds a damaged {known.name} ({error}): remove it and fetch it again.") from error
    images = [np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)) for part in (train, test)]
    labels = [np.asarray(part.targets, np.uint8) for part in (train, test)]
    return Arrays(images[0], labels[0], images[1], labels[1])


def read_npz(paths: Sequence[Path], known: DataSet) -> Arrays:
    """The four arrays `train_images`, `train_labels`, `test_images`, `test_labels` from .npz files, each in any of them.

    Raises UsageError for arrays that are missing or are not what the data set looks like; any number of images is taken.
    """
    names = Arrays.__struct_fields__
    found: dict[str, NDArray[np.uint8]] = {}
    for path in paths:
        try:
            found |= load_npz(path, names)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"{path} cannot be read ({reason}): expected a .npz file with {', '.join(names)}.") from error
    for name in names:
        if name not in found:
            raise UsageError(
                f"expected an array {name} in {', '.join(map(str, paths))}, found {', '.join(found) or 'none of ours'}."
            )
    for part in ("train_", "test_"):
        if complaint := complaint_about(found[f"{part}images"], found[f"{part}labels"], known, part):
            raise UsageError(f"{complaint}.")
    return Arrays(**found)


def load_npz(path: Path, names: Collection[str]) -> dict[str, NDArray[np.uint8]]:
    """Those of the arrays `names` that a .npz file holds. Raises ValueError, with what is wrong, where it is damaged or another file."""
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError("it is no .npz file, or not the whole of one")
        stream.seek(0)
        try:
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in file.files if name in names}
        except Exception as error:  # noqa: BLE001 - over damaged bytes numpy, zipfile and zlib raise a dozen kinds
            raise ValueError("an array in it is damaged, or not of numbers") from error


def complaint_about(images: NDArray[np.uint8], labels: NDArray[np.uint8], known: DataSet, prefix: str = "") -> str:
    """How one part differs from what the data set looks like: "images: expected …, found …"; nothing if it does not."""
    for name, array, wanted in (("images", images, known.shape), ("labels", labels, ())):
        if array.dtype != np.uint8 or array.shape[1:] != wanted or not array.shape or not array.size:
            shape = ", ".join(("N", *map(str, wanted))) if wanted else "N,"
            return f"{prefix}{name}: expected uint8 of shape ({shape}), found {array.dtype} {array.shape}"
    if len(images) != len(labels) or labels.max() >= len(known.classes):
        return f"{prefix}labels: expected {len(images)} labels below {len(known.classes)}, found {len(labels)} up to {labels.max()}"
    return ""


def open_array(path: Path, shape: tuple[int, ...] | None = None) -> NDArray[np.uint8]:
    """An array of bytes in a .npy file, mapped into memory and not read.

    Raises ValueError, with what is wrong, where it is not whole or not of that shape, and MachineLacks where it may not be read.
    """
    try:
        array: NDArray[np.uint8] = np.lib.format.open_memmap(path, mode="r")
    except PermissionError as error:
        raise unreadable(path, error) from error
    except FileNotFoundError as error:
        raise ValueError(f"{path.name} is not there") from error
    except Exception as error:  # noqa: BLE001 - as above
        raise ValueError(f"{path.name} is cut short, or no .npy file") from error
    if shape is not None and (array.dtype != np.uint8 or array.shape != shape):
        raise ValueError(f"{path.name}: expected uint8 {shape}, found {array.dtype} {array.shape}")
    return array
