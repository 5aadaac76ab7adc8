"""What a wrong value could be instead: the theories of what went wrong, tried one after the other.

A theory is a function of a `Case` that gives a sentence, or nothing. It speaks only where it accounts for every element, within the
precision of the numbers, and for all but a hundredth of the difference: one element that disagrees and it is silent. The first
theory that holds is the explanation, so the telling ones come before the general ones.

    >>> import numpy as np
    >>> explain_values(np.array([0.2, 0.4, 1.2]), np.array([0.1, 0.2, 0.6]))
    'Your values are exactly twice the expected ones: is the ½ missing?'
    >>> explain_shape((10, 4), (4, 10))
    'It is transposed.'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.judgements.explain import amounts, axes, layout, places
from grader.judgements.explain.amounts import common_factor
from grader.judgements.explain.case import Case
from grader.judgements.explain.layout import order_of_axes
from grader.judgements.explain.shapes import explain_shape

__all__ = ["common_factor", "explain_shape", "explain_values", "order_of_axes"]

_LARGE = 200_000  # elements; beyond, there is no time for every theory
_SAMPLE = 2_048
_PIECE = 1 << 16

Theory = Callable[[Case], str]

# A missing softmax may well be a shift, and what is transposed is shuffled, too: the general ones come late.
_BEFORE: Sequence[Theory] = (*amounts.EARLY, *axes.EARLY, amounts.shift)
_THEORIES: Sequence[Theory] = (*_BEFORE, *layout.THEORIES, *amounts.LATE, *axes.LATE, *places.THEORIES)
_BY_ELEMENT: Sequence[Theory] = (*amounts.EARLY, amounts.shift, *amounts.LATE)  # these hold for a part when they hold for all


def explain_values(
    actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_] | None = None, *, coarseness: int = 1
) -> str:
    """What a wrong array could be instead, in a sentence or two; empty where no theory accounts for it.

    `actual` and `expected` are of one shape. `wrong` marks the elements that differ by more than is allowed (default: that differ
    at all). `coarseness` is 0 for exact values, 1 for float64, 2 for float32, 3 for half precision: that of the coarser of the two.
    """
    if actual.shape != expected.shape:
        raise ValueError(f"values of shapes {actual.shape} and {expected.shape} cannot be compared element by element")
    wrong = np.asarray(actual != expected if wrong is None else wrong)
    if not wrong.any() or actual.dtype.kind not in "iuf" or expected.dtype.kind not in "iuf":
        return ""
    with np.errstate(all="ignore"):
        if text := places.not_finite(actual, expected, wrong):
            return text
        if not (np.isfinite(actual).all() and np.isfinite(expected).all()):
            return ""  # infinite or nan as expected in places: no arithmetic tells anything
        if expected.size > _LARGE:
            return _explain_large(actual, expected, wrong, coarseness)
        case = Case(actual, expected, wrong, coarseness)
        return _first_that_holds(case, _THEORIES) if 0 < case.gap < np.inf else ""


def _first_that_holds(case: Case, theories: Iterable[Theory]) -> str:
    return next((text for theory in theories if (text := theory(case))), "")


def _explain_large(actual: NDArray[Any], expected: NDArray[Any], wrong: NDArray[np.bool_], coarseness: int) -> str:
    """The theories that a large array has time for: on a sample first, and then on each piece, which has to tell the same."""
    step = -(-expected.size // _SAMPLE)
    flat = [values.reshape(-1) for values in (actual, expected, wrong)]
    sampled = [values[::step] for values in flat]
    sample = Case(sampled[0], sampled[1], sampled[2], coarseness)
    for theory in _BY_ELEMENT:
        text = theory(sample) if 0 < sample.gap < np.inf else ""
        if text and all(theory(piece) == text for piece in _pieces(flat, sampled, coarseness)):
            return text
    return _first_that_holds(Case(actual, expected, wrong, coarseness), places.THEORIES)


def _pieces(flat: list[NDArray[Any]], sampled: list[NDArray[Any]], coarseness: int) -> Iterator[Case]:
    """Consecutive pieces, each with the sample added: a piece by itself may be all zeros, or right."""
    for start in range(0, flat[0].size, _PIECE):
        parts = [np.concatenate([few, values[start : start + _PIECE]]) for few, values in zip(sampled, flat, strict=True)]
        yield Case(parts[0], parts[1], parts[2], coarseness)
