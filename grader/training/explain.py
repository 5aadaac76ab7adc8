"""What a run that fell short looks like, in words: for a student, what to look at first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from grader.homework.training_table import Profile
from grader.messages import TrainingRun

__all__ = ["NO_CLASS", "diverged_text", "hint_for", "missed_message"]

NO_CLASS = -1  # of an image whose scores have no highest one: there is a nan among them
_FELL = 0.02  # of the first losses: less is no fall
_FELL_FAR = 0.7  # of the first losses: a network whose loss fell that far knows something
_STILL_FALLING = 0.05  # of the loss, over the last quarter
_ROSE = 10  # times what guessing costs
_KNOWS_NOTHING = 1.5  # times the share of images that guessing gets right
_ENOUGH = 8  # losses


def missed_message(
    score: str,
    scores: Sequence[float],
    threshold: float,
    profile: Profile,
    runs: Sequence[TrainingRun],
    *,
    images: str = "test images",
) -> str:
    """What was expected, and what every run came to. `images`: what it was scored on."""
    first, _, second = score.partition("-")
    wanted = (
        f"{first}: expected at least {threshold:g} points more than {second}"
        if second
        else f"{first}: expected at least {threshold:g} % of {profile.test:,} {images} right"
    )
    if not np.isfinite(scores[0]):
        return f"{wanted}; {'every score is nan' if runs[0].nan_at is None else diverged_text(runs[0])}."
    unit = "points" if second else "%"
    if len(scores) == 1:
        return f"{wanted}, got {scores[0]:.1f} {unit}."
    if np.isfinite(scores).all():
        told = ", ".join(f"{value:.1f}" for value in scores)
        return f"{wanted}, got {told} {unit} in {len(scores)} runs, {np.mean(scores):.1f} {unit} on average."
    told = ", ".join(
        f"{value:.1f} {unit}" if np.isfinite(value) else f"nothing ({run.ended or 'every score is nan'})"
        for value, run in zip(scores, runs, strict=True)
    )
    return f"{wanted}, got {told} in {len(scores)} runs: one that does not come to its end counts as missed."


def diverged_text(run: TrainingRun) -> str:
    """Where a loss is no finite number any more."""
    text = f"the loss is not a finite number from step {run.nan_at or 0:,} of {run.of_steps:,} on"
    return f"{text}, and the run was ended there" if run.ended else text


def hint_for(score: str, run: TrainingRun, same_class: Mapping[str, int], classes: Sequence[str], *, fewest: int = 0) -> str:
    """The likeliest reason, by the loss curve and by what the network says.

    `fewest`: the steps of one loop that trains all networks together, where there are several; otherwise, the run's own number.
    """
    names = score.split("-")
    # where several networks are trained together, the run goes on with those whose loss is a number
    if run.nan_at is not None and (run.ended or NO_CLASS in [same_class.get(name) for name in names]):
        return "A loss that turns nan: is the learning rate too high, is a logarithm or a division of 0 in it, is a log-softmax missing?"
    if not run.steps:
        return "No batch was ever taken from the training data."
    if run.steps < 0.9 * (fewest or run.of_steps):
        return f"The training took {run.steps:,} steps where the epochs asked for come to {fewest or run.of_steps:,}."
    losses = [loss for _, loss in run.losses]
    if losses and max(losses) > _ROSE * max(losses[0], math.log(len(classes))):
        return f"The loss rose from {losses[0]:.3g} to {max(losses):.3g}: is the learning rate too high?"
    for name in names:
        if same_class.get(name) == NO_CLASS:
            return f"Every score of {name} is nan."
        if name in same_class:
            return (
                f"Every image is given the same class by {name} ({classes[same_class[name]]}): does the network's output depend on its "
                "input, and do its weights change?"
            )
        if run.accuracy.get(name, 100.0) < _KNOWS_NOTHING * 100 / len(classes):
            if len(run.accuracy) > 1:
                return (
                    f"{name} is hardly better than chance: is it trained itself, and not a copy or another network, and at a learning rate "
                    "that is not far too low?"
                )
            if _fell(losses):
                return (
                    f"The loss fell, but {name} is hardly better than chance: is it trained itself, and not a copy, and does it do the "
                    "same in eval mode as in train mode?"
                )
    return "" if len(run.accuracy) > 1 else _of_the_curve(losses)  # of several networks, nobody knows whose losses they are


def _fell(losses: Sequence[float]) -> bool:
    return len(losses) >= _ENOUGH and float(np.mean(losses[-2:])) < _FELL_FAR * float(np.mean(losses[:2]))


def _of_the_curve(losses: Sequence[float]) -> str:
    if len(losses) < _ENOUGH:
        return ""
    quarter = len(losses) // 4
    first, before, last = (float(np.mean(part)) for part in (losses[:2], losses[-2 * quarter : -quarter], losses[-quarter:]))
    if last > first * (1 - _FELL):
        return (
            f"The loss did not fall ({first:.3g} at first, {last:.3g} at the end): does the optimizer hold this network's parameters, are "
            "gradients cleared, is the learning rate right?"
        )
    if last < before * (1 - _STILL_FALLING):
        return f"The loss was still falling at the end ({before:.3g}, then {last:.3g}): the network learns, but too slowly."
    end = "compare the layers, the criterion and the optimizer with what is asked for"
    return f"The loss fell from {first:.3g} to {last:.3g}, and no further: {end}."
