"""What no student can know beforehand: a run's seed, the order of its labels and of its test images, and their grain.

Drawn from a key of this installation's own: the same submission meets the same draw again here, and nobody can compute it elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grader.datasets.store import store_root
from grader.errors import MachineLacks

__all__ = ["draw", "grained", "permutation"]

_KEY = "secret.key"
_KEY_BYTES = 32
_GRAIN = 0.1  # of all pixels
_AT_A_TIME = 1_000  # images


def draw(*what: object) -> np.random.Generator:
    """A generator that depends on the arguments and on this installation's key."""
    message = "\0".join(map(str, what)).encode()
    return np.random.default_rng(list(hmac.new(_key(), message, hashlib.sha256).digest()))


def _key() -> bytes:
    path = store_root() / _KEY
    if not os.path.lexists(path):
        _make_key(path)
    try:
        key = path.read_bytes()
    except OSError as error:  # a folder in its place, another user's file
        raise MachineLacks(
            f"{path} cannot be read (expected a file that you may read, found: {error.strerror}): remove it, or set GRADER_DATA "
            "to a folder of your own."
        ) from error
    if len(key) < _KEY_BYTES:  # what is drawn with it, others could draw
        raise MachineLacks(
            f"{path} is damaged (expected {_KEY_BYTES} bytes, found {len(key)}): remove it, and another one is made."
        )
    return key


def _make_key(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another process was as fast
            mine = path.with_name(f".{secrets.token_hex(8)}.key")
            with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(secrets.token_bytes(_KEY_BYTES))
            try:
                os.link(mine, path)  # whole, and only if there is none
            finally:
                mine.unlink()
    except OSError as error:
        raise MachineLacks(
            f"{path} cannot be written ({error.strerror}): set GRADER_DATA to a folder that you may write to."
        ) from error


def permutation(classes: int, random: np.random.Generator) -> NDArray[np.intp]:
    """The label under which each class appears in a run: never the published order."""
    while True:
        order = random.permutation(classes)
        if classes < 2 or (order != np.arange(classes)).all():
            return order


def grained(images: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The images with one in ten pixels a single level lighter or darker: nothing to a network, but no longer the published bytes."""
    changed = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _AT_A_TIME):
        some = images[start : start + _AT_A_TIME]
        where = random.random(some.shape, np.float32) < _GRAIN
        step = np.where(random.random(some.shape, np.float32) < 0.5, -1, 1) * where
        changed[start : start + _AT_A_TIME] = np.clip(some.astype(np.int16) + step, 0, 255)
    return changed
