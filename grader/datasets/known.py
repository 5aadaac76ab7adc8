"""Which data sets there are, how they look, and how one recognises the original."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from grader.errors import UsageError

__all__ = ["KNOWN", "DataSet", "Pixels", "data_set"]

Pixels = dict[str, tuple[tuple[float, ...], tuple[float, ...]]]


class DataSet(msgspec.Struct, frozen=True):
    """A set of labelled images: training part and test part."""

    name: str
    shape: tuple[int, int, int]  # of one image: channels, height, width
    train: int
    test: int
    classes: tuple[str, ...]
    torchvision: str  # the class that downloads it and checks its md5
    raw: str  # where that class keeps it, below its root
    megabytes: float  # of the download
    mean: tuple[float, ...]  # of each channel, of pixels between 0 and 1
    deviation: tuple[float, ...]
    digest: str = ""  # SHA-256 over the four arrays' bytes; without one, torchvision's md5 of the files tells the original
    packages: tuple[Path, ...] = ()  # folders in which a system's package keeps the archives


KNOWN = {
    one.name: one
    for one in (
        DataSet(
            name="mnist",
            shape=(1, 28, 28),
            train=60_000,
            test=10_000,
            classes=tuple("0123456789"),
            torchvision="MNIST",
            raw="MNIST/raw",
            megabytes=11.6,
            mean=(0.1307,),
            deviation=(0.3081,),
            digest="06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
        ),
        DataSet(
            name="fashion-mnist",
            shape=(1, 28, 28),
            train=60_000,
            test=10_000,
            classes=(
                "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
            ),
            torchvision="FashionMNIST",
            raw="FashionMNIST/raw",
            megabytes=30.9,
            mean=(0.2860,),
            deviation=(0.3530,),
            digest="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
            packages=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's dataset-fashion-mnist
        ),
        DataSet(
            name="cifar10",
            shape=(3, 32, 32),
            train=50_000,
            test=10_000,
            classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            torchvision="CIFAR10",
            raw="cifar-10-batches-py",
            megabytes=170.5,
            mean=(0.4914, 0.4822, 0.4465),
            deviation=(0.2023, 0.1994, 0.2010),
        ),
    )
}  # fmt: skip


def data_set(name: str) -> DataSet:
    """The data set of that name. Raises UsageError, which lists those that there are."""
    if name not in KNOWN:
        raise UsageError(f"there is no data set {name!r}: expected one of {', '.join(KNOWN)}.{_did_you_mean(name, KNOWN)}")
    return KNOWN[name]


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else ""
