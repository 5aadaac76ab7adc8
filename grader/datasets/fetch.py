"""Fetching a data set: torchvision downloads it and checks its md5, this shows how far it is."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

from grader.datasets.known import data_set
from grader.datasets.store import find_data, store_root
from grader.errors import MachineLacks

__all__ = ["fetch"]


def fetch(name: str, on_bytes: Callable[[int], None] = lambda count: None) -> Path:
    """Download a data set below the data folder unless it is there, and prepare it; returns the folder of its arrays.

    `on_bytes` is told now and then how many bytes have come. Raises MachineLacks where the download fails or the files are damaged.
    """
    known = data_set(name)
    there = find_data(name)
    if there is not None:
        return there
    root = store_root()
    failed: list[BaseException] = []

    def download() -> None:
        from torchvision import datasets

        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):  # its own bar
                getattr(datasets, known.torchvision)(os.fspath(root), download=True)
        except (OSError, RuntimeError) as error:  # no network, another md5
            failed.append(error)

    worker = threading.Thread(target=download, daemon=True)
    worker.start()
    while worker.is_alive():
        worker.join(0.2)
        on_bytes(_bytes_below(root / known.raw, root))
    if failed:
        reason = " ".join(str(failed[0]).split())[:300]
        raise MachineLacks(
            f"{name} could not be fetched ({reason}): run it where there is a network, or put the published files into "
            f"{root / known.raw}."
        )
    found = find_data(name)
    if found is None:
        raise MachineLacks(f"{name} was fetched, but {root / known.raw} does not hold it.")
    return found


def _bytes_below(folder: Path, root: Path) -> int:
    """What has come so far: archives in the folder or, for CIFAR-10, beside it."""
    total = 0
    for path in (*folder.glob("*.gz"), *root.glob("*.tar.gz")):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
