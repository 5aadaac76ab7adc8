"""What a network and an optimizer are made of, and the judgement on a network's parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import msgspec

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.mismatch import join_hints
from grader.judgements.values import counted, describe, items_of, read, shape_text
from grader.outcomes import Outcome

__all__ = ["LayerInfo", "OptimizerInfo", "ParameterInfo", "assert_parameters"]

Shape = tuple[int, ...]
Shapes = Sequence[Sequence[int]] | Mapping[str, Sequence[int]]

_SHOWN = 6
_TELLING = 20  # numbers: a smaller layer divides many a difference


class ParameterInfo(msgspec.Struct, frozen=True):
    """One parameter under one name. `shared_with` is the name under which the same parameter came first, None if it is this one."""

    name: str
    shape: tuple[int, ...]
    count: int
    shared_with: str | None = None
    requires_grad: bool = True
    is_leaf: bool = True


class LayerInfo(msgspec.Struct, frozen=True):
    """A layer without layers in it: its class, how often it ran (0 where nobody looked), and its settings such as `kernel_size`."""

    name: str
    type_name: str
    calls: int = 0
    config: dict[str, Any] = {}


class OptimizerInfo(msgspec.Struct, frozen=True):
    """An optimizer's class, and for each parameter group its settings; `"parameters"` counts the numbers of the group."""

    type_name: str
    groups: list[dict[str, Any]]


class _Layer(NamedTuple):
    """The parameters that share the first part of their names: `conv1.weight` and `conv1.bias`."""

    name: str
    parameters: list[ParameterInfo]

    @property
    def numbers(self) -> int:
        return sum(parameter.count for parameter in self.parameters)


def assert_parameters(
    parameters: object,
    *,
    total: int | None = None,
    tensors: int | None = None,
    shapes: Shapes | None = None,
    what: str = "Net()",
    hint: str = "",
) -> None:
    """Fail unless the parameters are as many numbers (`total`), tensors, or of the shapes that are asked for.

    `parameters` comes from `parameters_of`; a dict name -> array or a list of arrays will do, too. A parameter that is reached
    under several names counts once. `shapes` is a sequence, in any order, or a mapping by name. All that is wrong is named.
    """
    _check_arguments(total, tensors, shapes, what)
    found = _read(parameters, what, hint)
    own = [parameter for parameter in found if parameter.shared_with is None]
    complaints = [*_counts(own, total, tensors), *_shapes(found, shapes)]
    if not complaints:
        return
    said = f"{what}: {' '.join(complaints)}"
    missing, extra = _unmatched(own, shapes)
    explanation = _shared(found) or _turned(missing, extra) or _biases(missing, extra) or _difference(own, total, tensors)
    raise CheckFailed(said, hint=join_hints(explanation, hint), evidence=tuple(parameter.shape for parameter in own))


def _check_arguments(total: int | None, tensors: int | None, shapes: Shapes | None, what: str) -> None:
    if total is None and tensors is None and shapes is None:
        raise AssignmentError(f"{what}: assert_parameters needs a total, a number of tensors or shapes: nothing would be checked")
    for name, number in (("total", total), ("tensors", tensors)):
        if number is not None and (type(number) is not int or number < 0):
            raise AssignmentError(f"{what}: {name} must be a whole number from 0 on, not {number!r}")
    for shape in _shape_list(shapes):
        if not isinstance(shape, list | tuple) or not all(type(axis) is int and axis >= 0 for axis in shape):
            raise AssignmentError(f"{what}: each of the expected shapes must be a tuple of lengths, not {shape!r}")


def _shape_list(shapes: Shapes | None) -> list[Shape]:
    if shapes is None:
        return []
    return [tuple(shape) if isinstance(shape, list | tuple) else shape for shape in _values(shapes)]  # type: ignore[misc]


def _values(shapes: Shapes) -> Iterable[Sequence[int]]:
    return shapes.values() if isinstance(shapes, Mapping) else shapes


def _read(parameters: object, what: str, hint: str) -> list[ParameterInfo]:
    cls = type(parameters)
    if issubclass(cls, dict):
        named: list[tuple[object, object]] = list(dict.items(parameters))  # type: ignore[arg-type]
    elif issubclass(cls, list | tuple):
        named = [(f"parameter {position}", value) for position, value in enumerate(items_of(parameters))]
    else:
        _refuse(parameters, f"{what}: expected parameters, got {describe(parameters)}.", hint)
    found = []
    for name, value in named:
        if type(value) is ParameterInfo:
            found.append(value)
            continue
        label = name if type(name) is str else describe(name)
        reading = read(value)
        if reading is None:
            _refuse(parameters, f"{what}: expected numbers for {label}, got {describe(value)}.", hint)
        found.append(ParameterInfo(label, reading.array.shape, reading.array.size))
    return found


def _refuse(parameters: object, message: str, hint: str) -> NoReturn:
    outcome = Outcome.NOT_ANSWERED if parameters is None else Outcome.FAILED
    raise CheckFailed(message, hint=hint, evidence=parameters, outcome=outcome)


# --- what is wrong ----------------------------------------------------------------------------------------------------------------


def _counts(own: Sequence[ParameterInfo], total: int | None, tensors: int | None) -> list[str]:
    numbers = sum(parameter.count for parameter in own)
    if total is not None and numbers != total:
        if tensors is not None and len(own) != tensors:
            asked = f"{counted(total, 'parameter')} in {counted(tensors, 'tensor')}"
            return [f"{counted(numbers, 'parameter')} in {counted(len(own), 'tensor')}, expected {asked}."]
        return [f"{counted(numbers, 'parameter')}, expected {total:,}."]
    if tensors is not None and len(own) != tensors:
        return [f"{counted(len(own), 'parameter tensor')}, expected {tensors:,}."]
    return []


def _shapes(found: Sequence[ParameterInfo], shapes: Shapes | None) -> list[str]:
    if isinstance(shapes, Mapping):
        by_name = {parameter.name: parameter.shape for parameter in found}
        wrong = [
            f"{name}: expected shape {shape_text(shape)}, got {shape_text(by_name[name]) if name in by_name else 'none'}."
            for name, shape in shapes.items()
            if by_name.get(name) != tuple(shape)
        ]
        more = [f"… and {counted(len(wrong) - _SHOWN, 'more shape')}."] if len(wrong) > _SHOWN else []
        return wrong[:_SHOWN] + more
    missing, extra = _unmatched([parameter for parameter in found if parameter.shared_with is None], shapes)
    return [
        f"{name}: {_listed(unmatched)}."
        for name, unmatched in (("Missing shapes", missing), ("Shapes too many", extra))
        if unmatched
    ]


def _unmatched(own: Sequence[ParameterInfo], shapes: Shapes | None) -> tuple[list[Shape], list[Shape]]:
    """The expected shapes that no parameter has, and the parameters' shapes that are not expected."""
    if shapes is None:
        return [], []
    asked, given = Counter(_shape_list(shapes)), Counter(parameter.shape for parameter in own)
    return list((asked - given).elements()), list((given - asked).elements())


def _listed(shapes: Sequence[Shape]) -> str:
    times = Counter(shapes)
    parts = [shape_text(shape) if count == 1 else f"{count} of {shape_text(shape)}" for shape, count in times.items()]
    return ", ".join(parts[:_SHOWN]) + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")


# --- what it could be -------------------------------------------------------------------------------------------------------------


def _shared(found: Sequence[ParameterInfo]) -> str:
    """Which layers are one and the same."""
    same: dict[str, list[str]] = {}
    for parameter in found:
        if parameter.shared_with is not None:
            first, again = _layer_name(parameter.shared_with), _layer_name(parameter.name)
            names = same.setdefault(first, [first])
            if again not in names:
                names.append(again)
    groups = [f"{' and '.join([', '.join(names[:-1]), names[-1]])} are the same layer" for names in same.values() if len(names) > 1]
    return f"{'; '.join(groups)}: its parameters count once." if groups else ""


def _turned(missing: Sequence[Shape], extra: Sequence[Shape]) -> str:
    """Whether all that is wrong is that some shapes are the wrong way round."""
    if not missing or len(missing) != len(extra):
        return ""
    if Counter(tuple(reversed(shape)) for shape in missing) == Counter(extra) and all(len(shape) == 2 for shape in missing):
        return f"{_listed(extra)} {'is' if len(extra) == 1 else 'are'} transposed."
    if Counter(tuple(sorted(shape)) for shape in missing) == Counter(tuple(sorted(shape)) for shape in extra):
        return "The axes of some parameters are in another order (in and out channels exchanged?)."
    return ""


def _biases(missing: Sequence[Shape], extra: Sequence[Shape]) -> str:
    if missing and not extra and all(len(shape) == 1 for shape in missing):
        return "Biases (or other parameters of one axis) are missing: is bias=False set?"
    if extra and not missing and all(len(shape) == 1 for shape in extra):
        return "There are biases (or other parameters of one axis) too many: is bias=False left out?"
    return ""


def _difference(own: Sequence[ParameterInfo], total: int | None, tensors: int | None) -> str:
    """Which of the parameters add up to what there is too few, or too many, of."""
    fewer = 0 if total is None else total - sum(parameter.count for parameter in own)
    missing = None if tensors is None else tensors - len(own)
    return _too_few(_layers(own), fewer, missing) if fewer > 0 else _too_many(_layers(own), -fewer, missing) if fewer < 0 else ""


def _too_few(layers: Sequence[_Layer], fewer: int, tensors: int | None) -> str:
    """What `fewer` numbers in so many tensors are, if the number of tensors is known."""
    if not layers:
        return "It has no parameters at all: are the layers attributes of the network (in a list, they need nn.ModuleList)?"
    bare = [layer for layer in layers if len(layer.parameters) == 1 and len(layer.parameters[0].shape) > 1]
    if bare and fewer == sum(layer.parameters[0].shape[0] for layer in bare) and tensors in (None, len(bare)):
        names = ", ".join(layer.name for layer in bare)
        return f"As many as are missing ({fewer:,}) are the biases of {names}: is bias=False set?"
    for layer in layers:
        times = fewer // layer.numbers if layer.numbers >= _TELLING else 0
        if times * layer.numbers == fewer and times <= 8 and tensors in (None, times * len(layer.parameters)):
            again = "the parameters" if times == 1 else f"{times} times the parameters"
            return (
                f"The missing {fewer:,} are exactly {again} of {layer.name} ({layer.numbers:,}): "
                "is one layer used several times, where each should have parameters of its own?"
            )
    return ""


def _too_many(layers: Sequence[_Layer], more: int, tensors: int | None) -> str:
    for layer in layers:
        if layer.numbers == more >= _TELLING and tensors in (None, -len(layer.parameters)):
            return f"The {more:,} too many are exactly the parameters of {layer.name}: is it one layer too many?"
    biases = [parameter for layer in layers if len(layer.parameters) > 1 for parameter in layer.parameters if _is_bias(parameter)]
    if biases and more == sum(parameter.count for parameter in biases) and tensors in (None, -len(biases)):
        return f"The {more:,} too many are exactly the biases: is bias=False left out?"
    for parameter in biases:
        if parameter.count == more and sum(other.count == more for other in biases) == 1 and tensors in (None, -1):
            return f"The {more:,} too many are as many as {parameter.name} holds: is bias=False left out there?"
    return ""


def _is_bias(parameter: ParameterInfo) -> bool:
    return len(parameter.shape) == 1 and parameter.name.rpartition(".")[2] == "bias"


def _layers(own: Sequence[ParameterInfo]) -> list[_Layer]:
    layers: dict[str, _Layer] = {}
    for parameter in own:
        name = _layer_name(parameter.name)
        layers.setdefault(name, _Layer(name, [])).parameters.append(parameter)
    return list(layers.values())


def _layer_name(name: str) -> str:
    return name.rpartition(".")[0] or name
