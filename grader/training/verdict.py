"""From accuracies to a verdict: one run decides, unless it falls just short; then it is run again, and the mean of all runs decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from grader.homework.training_table import Profile

__all__ = ["Verdict", "decide", "score_of", "scores_of"]

Verdict = Literal["reached", "missed", "again"]


def score_of(name: str, accuracy: Mapping[str, float]) -> float:
    """A network's accuracy in percent; of "a-b", how much more a has than b."""
    first, _, second = name.partition("-")
    return accuracy[first] - accuracy[second] if second else accuracy[first]


def scores_of(name: str, accuracies: Sequence[Mapping[str, float]]) -> list[float]:
    """The score of each run."""
    return [score_of(name, accuracy) for accuracy in accuracies]


def decide(scores: Sequence[float], threshold: float, profile: Profile) -> Verdict:
    """What the runs so far come to.

    The first run decides if it reaches the threshold, or misses it by more than the margin. Otherwise the training is run again
    `reruns` times, and the mean over all runs decides: as good as the threshold, or not. A run that did not come to its end has the
    score −∞.
    """
    first = scores[0]
    if first >= threshold:
        return "reached"
    if first < threshold - profile.margin or not profile.reruns:
        return "missed"
    if -math.inf in scores:
        return "missed"
    if len(scores) <= profile.reruns:
        return "again"
    all_runs = scores[: 1 + profile.reruns]
    return "reached" if sum(all_runs) / len(all_runs) >= threshold else "missed"
