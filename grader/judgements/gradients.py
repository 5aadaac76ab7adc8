"""Gradients: the judgement that names what is wrong in which of them, and two oracles to compare with.

`autograd_gradients` differentiates a torch function in float64, `finite_differences` any function of one array.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.explain import common_factor
from grader.judgements.mismatch import Mismatch, Tolerance, agree, find_mismatch, join_hints, read_expected
from grader.judgements.values import Reading, counted, describe, items_of, number_text, read
from grader.outcomes import Outcome

if TYPE_CHECKING:
    import torch

__all__ = ["assert_gradients", "autograd_gradients", "finite_differences"]

_SHOWN = 6  # wrong gradients that are described; the others are counted


class _Wrong(NamedTuple):
    """One wrong gradient. `factor` is what the expected one has to be multiplied by, where that is all that is wrong."""

    name: str
    mismatch: Mismatch
    actual: object
    expected: Reading
    factor: float | None = None


def assert_gradients(
    actual: object,
    expected: object,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    what: str = "the gradient",
    hint: str = "",
) -> None:
    """Fail unless every expected gradient is there and right; all wrong ones are named in one message.

    Both are mappings name -> array, or sequences of arrays, or a single array each. Gradients that nobody asked for are not looked
    at. An expected gradient of None says that there is to be none (None, or zeros). Tolerances as in `assert_close`.
    """
    tolerance = Tolerance(rtol, atol)
    if not _holds_several(expected):
        wanted = read_expected(expected, tolerance, what)
        found = find_mismatch(actual, wanted, tolerance, what)
        if found is not None:
            _fail([_judged("", actual, wanted, found)], 1, actual, what, hint)
        return
    asked = _named(expected)
    if not asked:
        raise AssignmentError(f"{what}: no gradient is expected: nothing would be checked")
    given = _given(actual, expected, what, hint)
    wrong = []
    for name, value in asked.items():
        place = f"{what} with respect to {name}"
        got = given.get(name)
        if value is None:
            wrong += _unexpected(name, got)
            continue
        wanted = read_expected(value, tolerance, place)
        found = _absent(name in given) if got is None else find_mismatch(got, wanted, tolerance, place)
        if found is not None:
            wrong.append(_judged(name, got, wanted, found))
    if wrong:
        _fail(wrong, len(asked), actual, what, hint)


def _holds_several(expected: object) -> bool:
    """Whether it is a mapping, or a sequence of arrays in place of one of numbers."""
    if isinstance(expected, Mapping):
        return True
    if not isinstance(expected, list | tuple):
        return False
    return any(item is None or (not isinstance(item, list | tuple) and getattr(item, "shape", ())) for item in expected)


def _named(gradients: Any) -> dict[str, object]:
    items = gradients.items() if isinstance(gradients, Mapping) else enumerate(gradients)
    return {str(name) if isinstance(name, str) else f"argument {name}": value for name, value in items}


def _given(actual: object, expected: object, what: str, hint: str) -> dict[str, object]:
    """What came back, by name. Fails if it is not of the kind that is expected: a dict, or so many gradients in a row."""
    kind = "a dict of gradients" if isinstance(expected, Mapping) else f"{counted(len(items_of(expected)), 'gradient')} in a row"
    if actual is None:
        raise CheckFailed(f"{what}: returned None, expected {kind}.", hint=hint, outcome=Outcome.NOT_ANSWERED)
    cls = type(actual)
    if isinstance(expected, Mapping):
        if issubclass(cls, dict):
            pairs: list[tuple[object, object]] = list(dict.items(actual))  # type: ignore[arg-type]
            return _named({key: value for key, value in pairs if type(key) in (str, int)})
    elif issubclass(cls, list | tuple):
        items = items_of(actual)
        if len(items) != len(items_of(expected)):
            raise CheckFailed(f"{what}: expected {kind}, got {len(items)}.", hint=hint, evidence=actual)
        return _named(items)
    raise CheckFailed(f"{what}: expected {kind}, got {describe(actual)}.", hint=hint, evidence=actual)


def _absent(named: bool) -> Mismatch:
    if not named:
        return Mismatch("it is missing.")
    return Mismatch("it is None.", "No gradient reached it: is it left out of the computation, detached, or has backward not run?")


def _unexpected(name: str, got: object) -> list[_Wrong]:
    """Where no gradient is to arrive, one that is not zero."""
    if got is None:
        return []
    reading = read(got)
    if reading is not None and not reading.array.any():
        return []
    nothing = Reading(np.zeros(()), 1)
    shown = describe(got) if reading is None else f"one of shape {reading.array.shape} that is not zero"
    return [_Wrong(name, Mismatch(f"expected no gradient, got {shown}."), got, nothing)]


def _judged(name: str, got: object, wanted: Reading, found: Mismatch) -> _Wrong:
    reading = read(got)
    factor = None
    if reading is not None and reading.array.shape == wanted.array.shape:
        pair = reading.array, wanted.array
        if all(array.dtype.kind in "iuf" and np.isfinite(array).all() for array in pair):
            factor = common_factor(*pair, max(reading.coarseness, wanted.coarseness))
            if not pair[0].any():
                factor = 0.0
    return _Wrong(name, found, got, wanted, factor)


def _fail(wrong: Sequence[_Wrong], asked: int, actual: object, what: str, hint: str) -> None:
    explanation = _explanation(wrong, asked)
    if asked == 1 and not wrong[0].name:
        if actual is None:
            said = wrong[0].mismatch.said.removesuffix(", got None.")
            raise CheckFailed(f"{what}: returned None, {said}.", hint=hint, outcome=Outcome.NOT_ANSWERED)
        message = f"{what}: {wrong[0].mismatch.said}"
    elif len(wrong) == 1:
        message = f"{what} with respect to {wrong[0].name}: {wrong[0].mismatch.said}"
    else:
        share = f"all {asked}" if len(wrong) == asked else f"{len(wrong)} of {asked}"
        lines = [f"{what}: {share} are wrong."]
        lines += [f"  {each.name}: {each.mismatch.said}" for each in wrong[:_SHOWN]]
        if len(wrong) > _SHOWN:
            lines.append(f"  … and {', '.join(each.name for each in wrong[_SHOWN:])}.")
        message = "\n".join(lines)
    raise CheckFailed(message, hint=join_hints(explanation, hint), evidence=actual)


# --- explanations -----------------------------------------------------------------------------------------------------------------


def _explanation(wrong: Sequence[_Wrong], asked: int) -> str:
    """What all the wrong gradients have in common; else what is known of the first that can be explained."""
    if len(wrong) > 1 and all(each.actual is None for each in wrong):
        which = "None of the gradients arrived" if len(wrong) == asked else f"{len(wrong)} of the gradients did not arrive"
        return f"{which}: has backward run, and is the graph whole (no detach, .data, numpy or no_grad)?"
    if swapped := _swapped(wrong):
        return f"{swapped}: each is the gradient that the other should have."
    factors = [each.factor for each in wrong]
    if all(factor == 0 for factor in factors):
        said = "It is 0 everywhere" if len(wrong) == 1 else "They are 0 everywhere"
        return f"{said}: is the graph cut, or are the gradients cleared after backward?"
    first = factors[0]
    if first and all(factor is not None and math.isclose(factor, first, rel_tol=1e-3) for factor in factors):
        said = _of_factor(first, wrong)
        if said:
            return said
    for each in wrong:
        if each.mismatch.hint:
            return each.mismatch.hint if len(wrong) == 1 else f"{each.name}: {each.mismatch.hint}"
    return ""


def _swapped(wrong: Sequence[_Wrong]) -> str:
    for position, one in enumerate(wrong):
        for other in wrong[position + 1 :]:
            if _is(one, other.expected) and _is(other, one.expected):
                return f"{one.name} and {other.name} are swapped"
    return ""


def _is(one: _Wrong, wanted: Reading) -> bool:
    got = read(one.actual)
    if got is None or got.array.shape != wanted.array.shape or got.array.dtype.kind not in "iuf" or not got.array.any():
        return False
    return agree(got.array, wanted.array, 1e-4, 1e-5 * float(np.abs(wanted.array).max()))


def _of_factor(factor: float, wrong: Sequence[_Wrong]) -> str:
    """What it means that all the wrong gradients are the expected ones times one number."""
    if not 1e-4 < abs(factor) < 1e4:
        return ""
    several = len(wrong) > 1
    subject = "Each is" if several else "It is"
    most = 1000 if several or wrong[0].expected.array.size > 1 else 25  # one number is near some large one by accident
    whole, part = round(factor), round(1 / factor)
    if math.isclose(factor, -1, rel_tol=1e-4):
        return f"{subject} the expected gradient with the wrong sign."
    if 2 <= whole <= most and math.isclose(factor, whole, rel_tol=2e-5):
        times, loss = (f"{whole} times", "a sum in place of a mean") if whole > 2 else ("twice", "a loss without its ½")
        said = f"{subject} exactly {times} the expected gradient"
        return f"{said}: is an earlier backward's gradient still in it (zero_grad), or is it that of {loss}?"
    if 2 <= part <= most and math.isclose(factor, 1 / part, rel_tol=2e-5):
        share = f"1/{part} of" if part > 2 else "half"
        return f"{subject} exactly {share} the expected gradient: is it that of a mean in place of a sum?"
    if several:
        return f"Each is {number_text(factor, 4)} times the expected gradient: is a constant factor wrong or missing?"
    return ""


# --- oracles ----------------------------------------------------------------------------------------------------------------------


def autograd_gradients(
    oracle: Callable[..., torch.Tensor],
    inputs: Mapping[str, Any],
    *,
    cotangent: Any = None,
    wrt: Sequence[str] | None = None,
) -> dict[str, torch.Tensor]:
    """The gradients of `sum(oracle(*inputs) * cotangent)` by torch's autograd in float64.

    `inputs` (name -> tensor or array) are passed by position, floating-point ones as float64. Returns a tensor of the input's shape
    for each name in `wrt` (default: every floating-point one), zeros where the output does not depend on it; if `oracle` is a
    network (`torch.nn.Module`), also one for each of its parameters, by a float64 copy of it. `cotangent` has the output's shape
    (default: ones). Raises `AssignmentError` for a name that is no input, an output without a graph, a cotangent of another shape.
    """
    import torch

    given = {name: _leaf(value) for name, value in inputs.items()}
    floating = [name for name, value in given.items() if isinstance(value, torch.Tensor) and value.is_floating_point()]
    names = floating if wrt is None else list(wrt)
    known = ", ".join(floating) or "none"
    if unknown := [name for name in names if name not in floating]:
        raise AssignmentError(f"autograd_gradients: {unknown[0]!r} is no floating-point input; these are: {known}")
    wanted = {name: given[name].requires_grad_() for name in names}
    if isinstance(oracle, torch.nn.Module):
        oracle = copy.deepcopy(oracle).double()
        wanted.update(oracle.named_parameters())
    if not wanted:
        raise AssignmentError("autograd_gradients: there is nothing to differentiate by")
    with torch.enable_grad():
        output = oracle(*given.values())
        if not isinstance(output, torch.Tensor) or not output.requires_grad:
            raise AssignmentError(
                "autograd_gradients: the oracle must return a tensor that depends on its inputs, computed by torch"
            )
        weight = torch.ones_like(output) if cotangent is None else torch.as_tensor(cotangent).detach().to(output.dtype)
        if weight.shape != output.shape:
            raise AssignmentError(
                f"autograd_gradients: the cotangent has shape {tuple(weight.shape)}, but the oracle's output {tuple(output.shape)}"
            )
        found = torch.autograd.grad((output * weight).sum(), list(wanted.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value).detach() if gradient is None else gradient.detach()
        for (name, value), gradient in zip(wanted.items(), found, strict=True)
    }


def _leaf(value: Any) -> Any:
    """A tensor of its own, in float64 if it holds floats; anything but an array or a tensor as it is."""
    import torch

    if not isinstance(value, torch.Tensor | np.ndarray | np.generic):
        return value
    tensor = torch.as_tensor(value).detach()
    return tensor.to(torch.float64, copy=True) if tensor.is_floating_point() else tensor.clone()


def finite_differences(f: Callable[[Any], Any], x: Any, *, eps: float = 1e-6) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The gradient of a scalar function at `x` by central differences: float64, of the shape of `x`.

    `f` gets a float64 copy of `x` (a tensor if `x` is one) with one element moved by `eps` times its size (at least `eps`) up, then
    down, and must return one number. If it returns anything else, the check fails: `f` may well be the student's.
    """
    reading = read(x)
    if reading is None or reading.array.dtype.kind not in "iuf" or not reading.array.size:
        raise AssignmentError(f"finite_differences: x must be real numbers, not {describe(x)}")
    if not 0 < eps < 1:
        raise AssignmentError(f"finite_differences: eps must lie between 0 and 1, not {eps!r}")
    point = reading.array.astype(np.float64)
    as_tensor = not isinstance(x, np.ndarray) and hasattr(x, "detach")
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        step = eps * max(1.0, abs(float(point[index])))
        above, below = (_moved(point, index, by) for by in (step, -step))
        width = float(above[index]) - float(below[index])  # not quite twice the step: it is rounded
        gradient[index] = (_value_of(f, above, as_tensor) - _value_of(f, below, as_tensor)) / width
    return gradient


def _moved(point: np.ndarray[Any, Any], index: tuple[int, ...], by: float) -> np.ndarray[Any, Any]:
    moved = point.copy()
    moved[index] += by
    return moved


def _value_of(f: Callable[[Any], Any], point: np.ndarray[Any, Any], as_tensor: bool) -> float:
    if as_tensor:
        import torch

        value = f(torch.from_numpy(point))
    else:
        value = f(point)
    reading = read(value)
    if reading is None or reading.array.shape != () or reading.array.dtype.kind not in "iuf":
        outcome = Outcome.NOT_ANSWERED if value is None else Outcome.FAILED
        said = "returned None" if value is None else f"returned {describe(value)}"
        raise CheckFailed(f"the function {said}, expected one number.", evidence=value, outcome=outcome)
    return float(reading.array)
