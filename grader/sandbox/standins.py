"""What stands in, while a submission is imported, for data that is not there: data sets without files, short ways through loaders.

In force only during the import: the real classes are patched, not replaced, so that what the submission has bound of them is the real
thing again when the checks begin.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader
from torch.utils.data import dataloader as _dataloader

from grader.flow import Arrays, Dataset, Flow

__all__ = ["array_functions", "in_force"]

WHOLE = 8  # a loader of so many batches is gone through to its end
BATCHES = 2  # of a longer one, so many are handed out, or more of small ones
IMAGES = 80  # so many images at least: of each class some, in whatever order
FIRST_PASSES = 30  # after so many times through a loader, one batch alone


@contextlib.contextmanager
def in_force(flow: Flow, sources: Sequence[str]) -> Iterator[None]:
    """Stand in for the flow's data sets, and shorten loaders, in here. `sources`: what is to be run, to see what it may use."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_short_loaders())
        for dataset in flow.datasets:
            if (cls := _class_of(dataset, sources)) is not None:
                stack.enter_context(_patched(cls, "__init__", _filler(dataset, cls)))
        yield


@contextlib.contextmanager
def _patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    inherited = name not in vars(owner)
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


# --- loaders ----------------------------------------------------------------------------------------------------------------------


class _Batches:
    """The first batches of a loader, made in this process. They come by `next()` as well, as in notebooks from before torch 1.13."""

    def __init__(self, batches: Iterator[Any], most: int | None) -> None:
        self.batches = batches if most is None else itertools.islice(batches, most)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self.batches)

    next = __next__


@contextlib.contextmanager
def _short_loaders() -> Iterator[None]:
    begun = itertools.count(1)

    def short(loader: Any) -> Iterator[Any]:
        alone = copy.copy(loader)
        alone.num_workers, alone.timeout, alone.pin_memory, alone.prefetch_factor = 0, 0, False, None
        try:
            whole = len(alone) <= WHOLE
        except TypeError:  # of an iterable data set
            whole = False
        most = max(BATCHES, -(-IMAGES // (alone.batch_size or IMAGES))) if next(begun) <= FIRST_PASSES else 1
        return _Batches(_dataloader._SingleProcessDataLoaderIter(alone), None if whole else most)

    with _patched(DataLoader, "__iter__", short):
        yield


# --- data sets --------------------------------------------------------------------------------------------------------------------


def _class_of(dataset: Dataset, sources: Sequence[str]) -> Any:
    """The library's class, if the submission can have it: importing a library for nothing costs seconds."""
    module, _, name = dataset.name.rpartition(".")
    top = module.partition(".")[0]
    if module not in sys.modules and not any(top in source for source in sources):
        return None
    with contextlib.suppress(ImportError):
        return getattr(importlib.import_module(module), name, None)
    return None


def _filler(dataset: Dataset, cls: Any) -> Callable[..., None]:
    base = next(one for one in cls.__mro__ if one.__module__ == f"{cls.__module__.rpartition('.')[0]}.vision")

    def fill(
        self: Any,
        root: Any = ".",
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,  # noqa: ARG001 - the library's signature
        **_: Any,
    ) -> None:
        """Random images of the declared shape, as many as the real data set has, in next to no memory."""
        base.__init__(self, root, transform=transform, target_transform=target_transform)
        count = dataset.train if train else dataset.test
        self.train = train
        self.root = root
        self.data = _images(dataset.shape, count)
        labels = np.arange(count) % len(dataset.classes)
        self.targets = torch.from_numpy(labels) if isinstance(self.data, torch.Tensor) else labels.tolist()
        self.classes = list(dataset.classes)
        with contextlib.suppress(AttributeError):  # a property, in some
            self.class_to_idx = {name: index for index, name in enumerate(dataset.classes)}

    return fill


def _images(shape: tuple[int, ...], count: int) -> Any:
    """(count, H, W, C) in numpy, or (count, H, W) as a tensor for one channel, as torchvision keeps them.

    Each image begins three bytes after the one before it, in the same random bytes: all differ, and 50,000 take 150 KB.
    """
    channels, height, width = shape
    size = channels * height * width
    noise = np.random.default_rng(0).integers(0, 256, size=3 * count + size, dtype=np.uint8)
    if channels == 1:
        return torch.as_strided(torch.from_numpy(noise), (count, height, width), (3, width, 1))
    strides = (3, width * channels, channels, 1)
    return np.lib.stride_tricks.as_strided(noise, (count, height, width, channels), strides, writeable=False)


# --- arrays -----------------------------------------------------------------------------------------------------------------------


def array_functions(arrays: Sequence[Arrays]) -> dict[str, dict[str, Any]]:
    """module -> {function's name: function}, for what a course's own loaders return."""
    found: dict[str, dict[str, Any]] = {}
    for one in arrays:
        module, _, name = one.name.rpartition(".")
        found.setdefault(module, {})[name] = _loader_of(one)
    return found


def _loader_of(arrays: Arrays) -> Callable[..., Any]:
    def load(normalize: bool = True, flatten: bool = True, one_hot_label: bool = False) -> Any:
        """((x_train, t_train), (x_test, t_test)): random pixels from 0 to 1, or to 255 if not normalised."""
        return tuple(_part(arrays, count, normalize, flatten, one_hot_label) for count in (arrays.train, arrays.test))

    return load


def _part(arrays: Arrays, count: int, normalize: bool, flatten: bool, one_hot: bool) -> tuple[Any, Any]:
    channels, height, width = arrays.shape
    size = channels * height * width
    noise = np.random.default_rng(0).integers(0, 256, size=count + size, dtype=np.uint8)
    pixels = noise.astype(np.float32) / 255 if normalize else noise
    shape = (count, size) if flatten else (count, *arrays.shape)
    step = pixels.itemsize
    strides = (step, step) if flatten else (step, height * width * step, width * step, step)
    x = np.lib.stride_tricks.as_strided(pixels, shape, strides, writeable=False)
    t = (np.arange(count) % arrays.classes).astype(np.uint8)
    return x, (np.eye(arrays.classes, dtype=np.uint8)[t] if one_hot else t)
