"""Sentences about a run for whoever grades: what a network knew too early, what it did besides, what is too good. None costs a point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["better_than_usual", "knew_before", "not_by_the_image_alone", "seen_in_the_process"]

_SORTED_ALREADY = 0.6  # of the images: no network that has learned nothing sorts them that well
_APART = 0.05  # of the images: how much better its scores keep classes apart than pixels do; of 63 fresh networks none was better by 0.01
_NEIGHBOURS = 5
_FEWEST_IMAGES = 200
_OTHER_ANSWERS = 0.02  # of the images: rounding, in a batch of another size, changes fewer
_MORE_GRADIENTS = 1.5
_MORE_IMAGES = 1.5
_FEW_GRADIENTS = 10
_MANY_SEEDS = 6
_HALF, _FAR = 0.5, 8.0  # half of the reference's errors, and so many points above its best run


def knew_before(name: str, scores: NDArray[np.float64], images: NDArray[np.uint8], truth: NDArray[Any]) -> Iterator[str]:
    """Whether a network keeps the classes apart before it was shown a single label: something that a fresh one cannot.

    scores: (N, K) for the images (N, C, H, W) of the classes `truth` (N,).
    """
    if not np.isfinite(scores).all():
        return
    predicted = scores.argmax(axis=1)
    hits = sum(np.bincount(truth[predicted == label]).max() for label in np.unique(predicted))
    if hits > _SORTED_ALREADY * len(truth):
        yield (
            f"{name} sorts {hits / len(truth):.0%} of the test images by class before it has been trained: its weights know more than "
            "a fresh network's. Were they trained elsewhere?"
        )
    elif len(truth) >= _FEWEST_IMAGES:
        by_scores, by_pixels = _kept_apart(scores, truth), _kept_apart(images, truth)
        if by_scores > by_pixels + _APART:
            yield (
                f"{name} keeps the classes apart before it has been trained: of {len(truth)} test images, {by_scores:.0%} have neighbours "
                f"of their own class by its scores, {by_pixels:.0%} by their pixels. Were some of its layers trained elsewhere?"
            )


def _kept_apart(features: NDArray[Any], truth: NDArray[Any]) -> float:
    """The share of images whose class is the most frequent one among their nearest neighbours."""
    flat = np.asarray(features, np.float32).reshape(len(features), -1)
    flat = flat - flat.mean(axis=0)  # (N, D)
    scale = float(np.abs(flat).max())
    flat /= scale or 1.0  # scores may be of any size
    squares = (flat * flat).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * flat @ flat.T  # (N, N)
    np.fill_diagonal(distances, np.inf)
    nearest = truth[np.argsort(distances, axis=1)[:, :_NEIGHBOURS]]  # (N, 5)
    votes = (nearest[:, :, None] == np.unique(truth)).sum(axis=1)  # (N, K)
    return float((np.unique(truth)[votes.argmax(axis=1)] == truth).mean())


def not_by_the_image_alone(name: str, first: NDArray[np.intp], again: NDArray[np.intp]) -> Iterator[str]:
    """Whether images got other labels when they came again, in another order and other company."""
    other = int((first != again).sum())
    if other > max(1.0, _OTHER_ANSWERS * len(first)):
        yield (
            f"{name} gave {other} of {len(first)} test images another label when they came again, in another batch: its answers "
            "depend on chance (is dropout on in eval mode?), on the other images, or on what it was asked before."
        )


def better_than_usual(accuracy: Mapping[str, float], usual: Mapping[str, float]) -> Iterator[str]:
    """Whether accuracies are out of reach for the reference. `usual`: its best run's, in percent, where that is known."""
    for name, percent in accuracy.items():
        best = usual.get(name)
        if best is not None and percent > best + _FAR and 100 - percent < _HALF * (100 - best):
            yield (
                f"{name} gets {percent:.1f} % right where the reference's best run got {best:.1f} %, with as many images and epochs: was "
                "it trained elsewhere, or for longer?"
            )


def seen_in_the_process(facts: object, steps: int | None, images: int = 0) -> Iterator[str]:
    """What the student's process tells of itself: it may be forged, so that only what speaks against it means something.

    steps: how many the epochs come to, for all networks; None where any number is allowed. images: how many they come to for each.
    """
    if not isinstance(facts, dict):
        return
    gradients, scored, changes, seeds, seen = (
        value if type(value := facts.get(name)) is int else 0
        for name in ("gradients", "gradients while scored", "changes while scored", "seeds", "images")
    )
    if steps is not None and images and seen > _MORE_IMAGES * images:
        times = seen / images
        yield f"a network was trained on {times:.1f} times as many images as the epochs come to: are there more than was asked for?"
    if steps is not None and gradients > _MORE_GRADIENTS * steps + _FEW_GRADIENTS:
        yield f"gradients were asked for {gradients:,} times in a training of {steps:,} steps: is more trained than was asked for?"
    if scored:
        yield f"gradients were asked for {scored:,} times while the test images were scored: is it trained on meanwhile?"
    elif changes:
        yield "the network's weights changed while the test images were scored."
    if seeds >= _MANY_SEEDS:
        yield f"{seeds:,} different seeds were set in the run: is a lucky one being looked for?"
