"""What a student's process tells of a run's steps and losses, as far as it can be; and the curve that a report keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from grader.judgements.values import read

__all__ = ["curve", "is_progress", "steps_and_losses"]

_POINTS = 60  # of a loss curve in a report


def is_progress(told: object, before: int, count: int, most: int) -> bool:
    """Whether this is what `loops.advance` answers: losses, all steps so far, over or not, and a result; and so many steps more."""
    if not (isinstance(told, tuple) and len(told) == 4 and type(told[1]) is int and type(told[2]) is bool):
        return False
    steps, over = int(told[1]), bool(told[2])
    return before <= steps <= most and (over or steps >= before + count)


def steps_and_losses(told: object, taken: int) -> list[tuple[int, float]]:
    """What the process says of its losses, as far as it can be: a step that has been taken, and a number."""
    reading = read(told)
    if reading is None or reading.array.dtype.kind != "f" or reading.array.ndim != 2 or reading.array.shape[1] != 2:
        return []
    rows = np.asarray(reading.array, np.float64).tolist()
    return [(int(step), loss) for step, loss in rows if 1 <= step <= taken]


def curve(losses: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """Means over stretches of equal length, each at its last step."""
    if not losses:
        return ()
    ends = np.unique(np.linspace(0, len(losses), min(_POINTS, len(losses)) + 1).round().astype(int))
    return tuple(
        (losses[end - 1][0], round(float(np.mean([loss for _, loss in losses[start:end]])), 6)) for start, end in pairwise(ends)
    )
