"""The probes that checks share: small functions that run beside the student's objects and give values back.

Each is `f(student, ...)`; `student` is the fixture. What they return is what the student's process says of itself: values to be judged,
never a verdict.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from grader.errors import AssignmentError, CheckFailed
from grader.judgements.parameters import LayerInfo, OptimizerInfo, ParameterInfo
from grader.outcomes import Outcome
from grader.student import Remote, Student, probe

__all__ = [
    "forward",
    "gradients_of",
    "layers_of",
    "load_state",
    "optimizer_of",
    "parameters_of",
    "randomise",
    "state_of",
    "training_mode",
]


def parameters_of(student: Student, net: Any) -> list[ParameterInfo]:
    """The network's parameters in their order; one that is reached under several names says under which it came first."""
    rows = _parameters(student, _network(net))
    with _read_as_it_should_be():
        return [
            ParameterInfo(
                str(name), _shape(shape), int(count), None if shared is None else str(shared), bool(requires_grad), bool(is_leaf)
            )
            for name, shape, count, shared, requires_grad, is_leaf in _rows(rows, 6)
        ]


@probe
def _parameters(net: Any) -> Any:
    first: dict[int, str] = {}
    rows = []
    for name, value in net.named_parameters(remove_duplicate=False):
        shared = first.setdefault(id(value), name)
        rows.append(
            (name, tuple(value.shape), value.numel(), None if shared == name else shared, value.requires_grad, value.is_leaf)
        )
    return rows


def layers_of(student: Student, net: Any, *inputs: Any) -> list[LayerInfo]:
    """The network's layers (modules without children), in the order of their definition, with their settings.

    With `inputs`, the network runs on them once in eval mode, and `calls` counts how often each layer ran.
    """
    rows = _layers(student, _network(net), list(inputs))
    with _read_as_it_should_be():
        return [LayerInfo(str(name), str(kind), int(calls), dict(config)) for name, kind, calls, config in _rows(rows, 4)]


@probe
def _layers(net: Any, inputs: Any) -> Any:
    rows = []
    calls: dict[int, int] = {}
    if inputs:
        hooks = []
        for module in net.modules():
            hooks.append(module.register_forward_hook(lambda m, *_: calls.update({id(m): calls.get(id(m), 0) + 1})))
        before = net.training
        net.eval()
        try:
            with torch.no_grad():
                net(*inputs)
        finally:
            net.train(before)
            for hook in hooks:
                hook.remove()
    for name, module in net.named_modules():
        if next(module.children(), None) is not None:
            continue
        config = {}
        for key, value in vars(module).items():
            plain = isinstance(value, (bool, int, float, str, tuple)) or value is None
            if plain and not key.startswith("_") and key != "training":
                config[key] = value
        config["bias"] = getattr(module, "bias", None) is not None
        rows.append((name, type(module).__name__, calls.get(id(module), 0), config))
    return rows


def optimizer_of(student: Student, optimizer: Any) -> OptimizerInfo:
    """The optimizer's class (torch's own, of which it is one) and each group's settings; "parameters" counts the group's numbers."""
    kind, groups = _rows([_optimizer(student, _object(optimizer, "an optimizer"))], 2)[0]
    with _read_as_it_should_be():
        return OptimizerInfo(str(kind), [dict(group) for group in groups])


@probe
def _optimizer(optimizer: Any) -> Any:
    groups = []
    for group in optimizer.param_groups:
        settings = {key: value for key, value in group.items() if key != "params"}
        settings["parameters"] = sum(value.numel() for value in group["params"])
        groups.append(settings)
    # the class of torch's own that it is, whatever a class derived from it is called
    own = [c.__name__ for c in type(optimizer).__mro__ if getattr(torch.optim, c.__name__, None) is c]
    return own[0] if own else type(optimizer).__name__, groups


def state_of(student: Student, net: Any) -> dict[str, torch.Tensor]:
    """The network's state_dict: every parameter and buffer by name."""
    return _tensors(_state(student, _network(net)))


@probe
def _state(net: Any) -> Any:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def load_state(student: Student, net: Any, state: Mapping[str, Any], *, match: str = "name") -> None:
    """Copy values into the network: by name, or with `match="order"` each into the next one of its shape, whatever its name."""
    if match not in ("name", "order"):
        raise AssignmentError(f'load_state: match is "name" or "order", not {match!r}')
    problem = _load_state(student, _network(net), dict(state), match)
    if problem is not None:
        raise CheckFailed(str(problem))


@probe
def _load_state(net: Any, state: Any, match: Any) -> Any:
    own = net.state_dict()
    with torch.no_grad():
        if match == "name":
            missing = [name for name in state if name not in own]
            if missing:
                return f"The network has no {missing[0]}; it has {', '.join(own)}."
            pairs = [(own[name], value, name) for name, value in state.items()]
        else:
            left = [(name, value) for name, value in own.items() if value.dim()]
            pairs = []
            for name, value in state.items():
                fitting = [i for i, (_, target) in enumerate(left) if target.shape == value.shape]
                if value.dim() and not fitting:
                    return f"The network has no parameter of shape {tuple(value.shape)} that is not taken yet."
                if value.dim():
                    pairs.append((left.pop(fitting[0])[1], value, name))
        for target, value, name in pairs:
            if target.shape != value.shape:
                return f"{name}: expected shape {tuple(value.shape)}, the network has {tuple(target.shape)}."
            target.copy_(value)
    return None


def randomise(student: Student, net: Any, seed: int = 0, scale: float = 0.1) -> dict[str, torch.Tensor]:
    """Give every parameter and every running statistic a seeded random value; returns the network's state.

    Parameters are normal with deviation `scale` (BatchNorm's weights around 1), running means normal, running variances uniform in
    [0.5, 1.5]: values under which no layer is the identity and no two layers commute.
    """
    return _tensors(_randomise(student, _network(net), seed, scale))


@probe
def _randomise(net: Any, seed: Any, scale: Any) -> Any:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            around = 1.0 if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) else 0.0
            for name, value in module.named_parameters(recurse=False):
                if value.is_floating_point():
                    value.normal_(around if name == "weight" else 0.0, scale, generator=generator)
            for name, value in module.named_buffers(recurse=False):
                if name == "running_mean":
                    value.normal_(0.0, scale, generator=generator)
                if name == "running_var":
                    value.uniform_(0.5, 1.5, generator=generator)
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def forward(student: Student, net: Any, *inputs: Any, train: bool = False) -> Any:
    """The network's output without a graph, in eval mode or, with `train`, in train mode; its mode is put back afterwards."""
    return _forward(student, _network(net), list(inputs), train)


@probe
def _forward(net: Any, inputs: Any, train: Any) -> Any:
    before = net.training
    net.train(train)
    try:
        with torch.no_grad():
            return net(*inputs)
    finally:
        net.train(before)


def gradients_of(
    student: Student, function: Any, inputs: Mapping[str, Any], *, cotangent: Any = None, wrt: Any = None
) -> dict[str, torch.Tensor | None]:
    """The gradients that the student's function or network gives.

    `inputs` (name -> tensor) are passed by position. Returns d(sum(output · cotangent))/d(input) for the names in `wrt` (default: all
    floating-point ones), and the gradient of each parameter if `function` is a network; None where no gradient arrives.
    """
    result = _gradients(
        student, _object(function, "a function or a network"), dict(inputs), cotangent, None if wrt is None else list(wrt)
    )
    if isinstance(result, str):
        raise CheckFailed(result)
    return _tensors(result)


@probe
def _gradients(function: Any, inputs: Any, cotangent: Any, wrt: Any) -> Any:
    inputs = {name: value.detach().clone() if isinstance(value, torch.Tensor) else value for name, value in inputs.items()}
    floating = [name for name, value in inputs.items() if isinstance(value, torch.Tensor) and value.is_floating_point()]
    wrt = floating if wrt is None else wrt
    for name in wrt:
        inputs[name].requires_grad_()
    output = function(*inputs.values())
    if not isinstance(output, torch.Tensor):
        return f"The output should be a tensor, but it is of type {type(output).__name__}."
    if not output.requires_grad:
        return "No gradient flows from the output back: it was made without a graph (detach, .data, numpy, no_grad)."
    wanted = {name: inputs[name] for name in wrt}
    if isinstance(function, torch.nn.Module):
        wanted.update(function.named_parameters())
    if cotangent is not None and cotangent.shape != output.shape:
        return f"The output should have shape {tuple(cotangent.shape)}, but it has {tuple(output.shape)}."
    total = output.sum() if cotangent is None else (output * cotangent).sum()
    found = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    return dict(zip(wanted, found, strict=True))


def training_mode(student: Student, net: Any) -> bool:
    """Whether the network is in train mode."""
    with _read_as_it_should_be():
        return bool(_training_mode(student, _network(net)))


@probe
def _training_mode(net: Any) -> Any:
    return net.training


# --- what came back is the student's word: looked at before it is used ---------------------------------------------------------------


def _network(net: Any) -> Any:
    return _object(net, "a network (torch.nn.Module)")


def _object(value: Any, expected: str) -> Any:
    """A handle, where one is needed; `Net()` that gives a number or nothing is the student's failure."""
    if isinstance(value, Remote):
        return value
    outcome = Outcome.NOT_ANSWERED if value is None else Outcome.FAILED
    raise CheckFailed(f"expected {expected}, got {'None' if value is None else f'a {type(value).__name__}'}.", outcome=outcome)


_NOT_AS_TORCH = "the object does not describe itself as torch's own do: is a method of torch's overridden?"


@contextlib.contextmanager
def _read_as_it_should_be() -> Iterator[None]:
    """A number where text should be, a list where a number should be: the student's process says so, and it is the student's failure."""
    try:
        yield
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise CheckFailed(_NOT_AS_TORCH) from error


def _rows(rows: Any, width: int) -> list[tuple[Any, ...]]:
    if isinstance(rows, list) and all(isinstance(row, tuple) and len(row) == width for row in rows):
        return rows
    raise CheckFailed(_NOT_AS_TORCH)


def _tensors(values: Any) -> dict[str, Any]:
    if isinstance(values, dict) and all(isinstance(v, torch.Tensor) or v is None for v in values.values()):
        return {str(name): value for name, value in values.items()}
    raise CheckFailed(_NOT_AS_TORCH)


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, tuple) else ()
