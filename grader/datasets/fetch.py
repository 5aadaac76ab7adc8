"""Fetching a data set: torchvision downloads it and checks its md5, this shows how far it is."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

from grader.datasets.known import data_set
from grader.datasets.store import enter_store, find_original, not_written
from grader.errors import MachineLacks

__all__ = ["fetch"]

_UNWRITTEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC}


def fetch(name: str, on_bytes: Callable[[int], None] = lambda count: None) -> Path:
    """Download a data set below the data folder unless it is there, and prepare it; returns the folder of its arrays.

    Arrays that are there and are damaged, or not the original, give way to it once it has come.
    `on_bytes` is told now and then how many bytes have come; until it is done, `sys.stdout` and `sys.stderr` lead nowhere, since
    torchvision has a bar of its own. Raises MachineLacks where the download fails or the files are damaged.
    """
    known = data_set(name)
    root = enter_store()
    there = find_original(name)
    if there is not None:
        return there
    failed: list[BaseException] = []

    def download() -> None:
        try:
            from torchvision import datasets

            getattr(datasets, known.torchvision)(os.fspath(root), download=True)
        except BaseException as error:  # noqa: BLE001 - no network, half an answer, another md5: nobody else hears of it in a thread
            failed.append(error)

    worker = threading.Thread(target=download, daemon=True)
    # redirected here and not in the thread: these streams are the whole process's, and have to be given back on Ctrl-C as well
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        worker.start()
        while worker.is_alive():
            worker.join(0.2)
            on_bytes(_bytes_below(root / known.raw, root))
    if failed:
        if isinstance(failed[0], OSError) and failed[0].errno in _UNWRITTEN:
            raise not_written(root / known.raw, failed[0]) from failed[0]
        reason = (" ".join(str(failed[0]).split()) or type(failed[0]).__name__)[:300]
        raise MachineLacks(
            f"{name} could not be fetched ({reason}): run it where there is a network, or put the published files into "
            f"{root / known.raw}."
        ) from failed[0]
    found = find_original(name)
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
