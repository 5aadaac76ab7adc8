"""The finished runs of a calibration that is not finished itself: one that is stopped goes on where it was."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from grader.datasets.store import store_root
from grader.errors import MachineLacks
from grader.storage import append_line
from grader.training.calibration import Measured

__all__ = ["Journal"]

_KEPT_DAYS = 30  # after the last run: who edits the assignment meanwhile leaves a journal that nobody goes on with


class _Line(msgspec.Struct, frozen=True):
    mistake: str  # empty: the reference
    run: Measured


class Journal:
    """One training's, with one profile: a line of JSON a run, in a file whose name stands for all that the runs depend on.

    So an edit of the assignment, other images and another machine begin another journal. `runs`: by mistake and seed.
    """

    def __init__(self, name: str, training: str, profile: str, *, digest: str, data: str, machine: Mapping[str, str | int]) -> None:
        """`digest`: the assignment's. Raises MachineLacks where nothing can be written down."""
        depends_on = msgspec.json.encode([digest, training, profile, data, sorted(machine.items())])
        key = hashlib.sha256(depends_on).hexdigest()[:24]
        self.path = store_root() / "calibrations" / f"{name}-{training}-{profile}-{key}.jsonl"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _forget_old(self.path.parent)
            self.path.touch()
            self.runs = _runs(self.path)
        except OSError as error:
            raise MachineLacks(
                f"{self.path} cannot be written ({error.strerror}): set GRADER_DATA to a folder that you may write to."
            ) from error

    def add(self, mistake: str, run: Measured) -> None:
        """Write a run down, before anything else can happen to it."""
        append_line(self.path, msgspec.json.encode(_Line(mistake, run)))

    def remove(self) -> None:
        """All that stood in it stands elsewhere."""
        self.path.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    oldest = time.time() - _KEPT_DAYS * 86_400
    for path in folder.glob("*.jsonl"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _runs(path: Path) -> dict[tuple[str, int], Measured]:
    runs = {}
    for text in path.read_bytes().splitlines():
        try:
            line = msgspec.json.decode(text, type=_Line)
        except ValueError:  # cut off by what stopped the calibration: this run is made again
            continue
        runs[line.mistake, line.run.seed] = line.run
    return runs
