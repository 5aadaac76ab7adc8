"""How likely a right solution is to fall below a threshold, judged by runs of the reference.

The scores of runs with different seeds are taken as normally distributed. Mean and deviation are themselves only known from n runs, so
that both are drawn anew from what those runs leave open (for a single run this gives Student's t-distribution with n − 1 degrees of
freedom), and the rule for borderline results, reruns included, is played through with each draw.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grader.homework.training_table import Profile

__all__ = ["ACCEPTED", "FEWEST_RUNS", "false_fail", "highest_threshold"]

ACCEPTED = 1 / 1000
FEWEST_RUNS = 10
_DRAWS = 400_000
_LEAST_DEVIATION = 0.1  # points: runs that came out alike by accident are no proof that all do


def false_fail(scores: Sequence[float], threshold: float, profile: Profile) -> float:
    """The chance that a right solution misses the threshold, all reruns included. `scores`: the reference's, one a run, two at least."""
    return float(_misses(_played(scores, profile), threshold, profile).mean())


def highest_threshold(scores: Sequence[float], profile: Profile, *, least: float = 0.0, step: float = 0.1) -> float | None:
    """The highest threshold, in steps, that fails a right solution in at most 1 of 1,000 gradings; None where that is below `least`.

    No score is below `least`: a network's 0, and −100 where it is a difference of two. The higher a threshold, the more gradings it fails.
    """
    played = _played(scores, profile)
    steps = range(round(least / step), int(np.floor(float(np.mean(scores)) / step)) + 1)
    safe = bisect_right(steps, ACCEPTED, key=lambda count: float(_misses(played, count * step, profile).mean()))
    return round(steps[safe - 1] * step, 6) if safe else None


def _played(scores: Sequence[float], profile: Profile) -> NDArray[np.float64]:
    """Draws of a grading: each row the scores of its first run and of its reruns."""
    count = len(scores)
    mean, deviation = float(np.mean(scores)), max(float(np.std(scores, ddof=1)), _LEAST_DEVIATION)
    random = np.random.default_rng(0)
    sigma = deviation * np.sqrt((count - 1) / random.chisquare(count - 1, _DRAWS))
    mu = mean + sigma / np.sqrt(count) * random.standard_normal(_DRAWS)
    played: NDArray[np.float64] = mu[:, None] + sigma[:, None] * random.standard_normal((_DRAWS, 1 + profile.reruns))
    return played


def _misses(played: NDArray[np.float64], threshold: float, profile: Profile) -> NDArray[np.bool_]:
    """The rule of `verdict.decide`, for all draws at once."""
    first = played[:, 0]
    if not profile.reruns:
        return first < threshold
    misses: NDArray[np.bool_] = (first < threshold - profile.margin) | ((first < threshold) & (played.mean(axis=1) < threshold))
    return misses
