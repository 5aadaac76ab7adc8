"""Explanations of a wrong shape: transposed, flattened, an axis too many or too few, a map of another size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from grader.judgements.explain.layout import order_of_axes
from grader.judgements.values import shape_text

__all__ = ["explain_shape"]

Shape = tuple[int, ...]


def explain_shape(actual: Shape, expected: Shape) -> str:
    """What a wrong shape could be instead; empty where nothing fits."""
    if actual == expected:
        return ""
    for theory in _THEORIES:
        if text := theory(actual, expected):
            return text
    return ""


def _single_number(actual: Shape, expected: Shape) -> str:
    if expected == ():
        if prod(actual) == 1:
            return "A number is asked for, and yours is wrapped in an array of one element: take it out, for example with .item()."
        return "One number is asked for: are the values not summed or averaged yet?"
    if actual == ():
        if prod(expected) == 1:
            return f"An array of shape {shape_text(expected)} is asked for, and yours is a plain number."
        return "It is one number: is a sum, mean or max taken over everything, where an axis should be given?"
    return ""


def _empty(actual: Shape, expected: Shape) -> str:
    return "It is empty." if 0 in actual and 0 not in expected else ""


def _axis_of_length_one(actual: Shape, expected: Shape) -> str:
    if tuple(axis for axis in actual if axis != 1) != tuple(axis for axis in expected if axis != 1):
        return ""
    if len(actual) == len(expected) + 1:
        return "There is an axis of length 1 too many: squeeze it away, or leave out keepdims."
    if len(actual) > len(expected):
        return "There are axes of length 1 too many: squeeze them away."
    if len(actual) == len(expected) - 1:
        return "An axis of length 1 is missing: keepdims=True keeps it, reshape or unsqueeze puts it back."
    return "Axes of length 1 are missing." if len(actual) < len(expected) else ""


def _broadcast(actual: Shape, expected: Shape) -> str:
    long = [axis for axis in expected if axis != 1]
    if len(actual) == 2 and len(long) == 1 and actual == (long[0], long[0]):
        count = long[0]
        return f"Each value met each other one: ({count},) and ({count}, 1) were broadcast against each other."
    return ""


def _other_order(actual: Shape, expected: Shape) -> str:
    if len(actual) != len(expected) or sorted(actual) != sorted(expected):
        return ""
    left = list(range(len(expected)))
    order = []
    for length in actual:  # axes of the same length are taken to have kept their order
        order.append(next(axis for axis in left if expected[axis] == length))
        left.remove(order[-1])
    return order_of_axes(order)


def _same_size(actual: Shape, expected: Shape) -> str:
    if prod(actual) != prod(expected):
        return ""
    if len(actual) == 1:
        return "It is flattened."
    if len(actual) < len(expected) and actual[:-1] == expected[: len(actual) - 1]:
        return f"Its axes from {len(actual) - 1} on are flattened into one."
    if len(actual) > len(expected) and actual[: len(expected) - 1] == expected[:-1]:
        return f"It has to be flattened to {shape_text(expected)}."
    return "It has the right number of values, in another shape: reshape it."


def _axis_gone(actual: Shape, expected: Shape) -> str:
    if len(actual) == len(expected) - 1:
        gone = _left_out(expected, actual)
        if gone == 0 and len(expected) > 1:
            return f"The first axis (of length {expected[0]}) is missing: is it summed away, or only one entry of it handled?"
        return f"Axis {gone} (of length {expected[gone]}) is missing: is it summed or indexed away?" if gone >= 0 else ""
    if len(actual) == len(expected) + 1:
        more = _left_out(actual, expected)
        if more >= 0:
            return f"There is an axis too many: axis {more} (of length {actual[more]}); is a sum, mean or max over it missing?"
    return ""


def _left_out(long: Shape, short: Shape) -> int:
    """The axis without which the longer shape is the shorter one, -1 if there is none, or more than one choice."""
    choices = [axis for axis in range(len(long)) if long[:axis] + long[axis + 1 :] == short]
    return choices[0] if choices and len({long[axis] for axis in choices}) == 1 and (len(choices) == 1 or choices[0] == 0) else -1


def _map_size(actual: Shape, expected: Shape) -> str:
    """The last two axes of an image or a feature map, all others right."""
    if len(actual) != len(expected) or len(actual) < 3 or actual[:-2] != expected[:-2]:
        return ""
    pairs = list(zip(actual[-2:], expected[-2:], strict=True))
    difference = {got - wanted for got, wanted in pairs}
    if all(got == 2 * wanted for got, wanted in pairs):
        return "The maps are twice as large on each side: is a pooling (or a stride of 2) missing?"
    if all(wanted == 2 * got for got, wanted in pairs):
        return "The maps are half as large on each side: is there a pooling (or a stride of 2) too many?"
    if len(difference) == 1:
        by = difference.pop()
        how = "larger" if by > 0 else "smaller"
        cause = "is there padding where none is asked for" if by > 0 else "is padding missing"
        return f"The maps are {abs(by)} {how} on each side: {cause}, or is the kernel of another size?"
    return ""


def _one_axis(actual: Shape, expected: Shape) -> str:
    if len(actual) != len(expected):
        return ""
    wrong = [axis for axis, (got, wanted) in enumerate(zip(actual, expected, strict=True)) if got != wanted]
    if len(wrong) != 1:
        return ""
    axis = wrong[0]
    got, wanted = actual[axis], expected[axis]
    place = "It" if len(expected) == 1 else f"Axis {axis}"
    if abs(got - wanted) == 1:
        return f"{place} is one too {'long' if got > wanted else 'short'}: off by one?"
    if axis == 0 and len(expected) > 1 and got == 1:
        return f"Only one entry of the {wanted} along the first axis came back."
    return f"{place} has length {got} in place of {wanted}." if len(expected) > 1 else ""


_THEORIES: Sequence[Callable[[Shape, Shape], str]] = (
    _single_number,
    _empty,
    _axis_of_length_one,
    _broadcast,
    _other_order,
    _same_size,
    _axis_gone,
    _map_size,
    _one_axis,
)
