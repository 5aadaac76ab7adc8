"""How likely a right solution is to fall below a threshold, judged by runs of the reference.

The scores of runs with different seeds are taken as normally distributed. Mean and deviation are themselves only known from n runs, so
that both are drawn anew from what those runs leave open (for a single run this gives Student's t-distribution with n − 1 degrees of
freedom), and the rule for borderline results, reruns included, is played through with each draw.
"""

from __future__ import annotations

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


def highest_threshold(scores: Sequence[float], profile: Profile, *, step: float = 0.1) -> float:
    """The highest threshold, in steps, that fails a right solution in at most 1 of 1,000 gradings."""
    played = _played(scores, profile)
    high = np.floor(float(np.mean(scores)) / step) * step
    while _misses(played, high, profile).mean() > ACCEPTED:
        high -= step
    return round(float(high), 6)


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
