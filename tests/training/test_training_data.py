"""What a loop of the student's own is given: here, that a network and its optimizer are moved together."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from grader.sandbox.training_data import TrainingData

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "Adagrad": lambda weights: torch.optim.Adagrad(weights, lr=0.1),  # has its state from the start
    "SGD": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9),
    "Adam": lambda weights: torch.optim.Adam(weights, lr=0.1),
    "NAdam": lambda weights: torch.optim.NAdam(weights, lr=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 1])
def test_an_optimizers_tensors_go_where_the_network_goes(name: str, steps: int) -> None:
    """Made on the CPU, before anybody knew of a device; the count of steps stays there, as torch has it."""
    net = nn.Linear(3, 2)
    optimizer = OPTIMIZERS[name](net.parameters())
    for _ in range(steps):
        net(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    made = [{k: v for k, v in values.items() if isinstance(v, torch.Tensor)} for values in optimizer.state.values()]
    assert any(made) == (steps == 1 or name == "Adagrad")
    meta = torch.device("meta")  # stands for a GPU: nothing on the CPU can be added to what is there
    TrainingData.move(SimpleNamespace(device=meta), net, optimizer)  # type: ignore[arg-type]
    assert {weight.device for weight in net.parameters()} == {meta}
    for values in optimizer.state.values():
        for key, value in values.items():
            if isinstance(value, torch.Tensor):
                assert value.device == (torch.device("cpu") if key == "step" else meta)


def test_on_the_cpu_nothing_is_touched() -> None:
    """Neither the weights nor the state are other objects afterwards; what is no optimizer of torch's is let alone."""
    net = nn.Linear(3, 2)
    optimizer = torch.optim.Adagrad(net.parameters(), lr=0.1)
    before = [id(values["sum"]) for values in optimizer.state.values()], list(net.parameters())
    TrainingData.move(SimpleNamespace(device=torch.device("cpu")), net, optimizer)  # type: ignore[arg-type]
    assert [id(values["sum"]) for values in optimizer.state.values()] == before[0]
    assert all(one is other for one, other in zip(net.parameters(), before[1], strict=True))
    TrainingData.move(SimpleNamespace(device=torch.device("meta")), net, object())  # type: ignore[arg-type]
